/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/terminal.c - see terminal.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "dom0-tools/consoled/terminal.h"

static int prepare(struct terminal *terminal)
{
	struct termios settings;

	if (grantpt(terminal->master) || unlockpt(terminal->master) ||
	    ptsname_r(terminal->master, terminal->name, sizeof(terminal->name)))
		return -errno;
	terminal->slave = open(terminal->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal->slave < 0 || tcgetattr(terminal->slave, &settings))
		return -errno;
	cfmakeraw(&settings);
	if (tcsetattr(terminal->slave, TCSANOW, &settings) || fchmod(terminal->slave, 0600))
		return -errno;
	return 0;
}

int terminal_open(struct terminal *terminal)
{
	int result;

	terminal->slave = -1;
	terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (terminal->master < 0)
		return -errno;
	result = prepare(terminal);
	if (result)
		terminal_close(terminal);
	return result;
}

void terminal_close(struct terminal *terminal)
{
	if (terminal->slave >= 0)
		close(terminal->slave);
	if (terminal->master >= 0)
		close(terminal->master);
	terminal->master = terminal->slave = -1;
}

size_t terminal_write(struct terminal *terminal, const char *bytes, size_t count)
{
	ssize_t written = write(terminal->master, bytes, count);

	return written > 0 ? (size_t)written : 0;
}

size_t terminal_read(struct terminal *terminal, char *bytes, size_t room)
{
	ssize_t got = room ? read(terminal->master, bytes, room) : 0;

	return got > 0 ? (size_t)got : 0;
}
