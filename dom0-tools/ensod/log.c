/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/log.c - log.h says what it is for. */
#include "dom0-tools/ensod/log.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void log_line(enum log_level level, const char *format, ...)
{
	char line[1024];
	int length = 0;
	va_list arguments;

	if (getenv("JOURNAL_STREAM"))
		length = snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		length = snprintf(line, sizeof(line), "ensod: ");
	va_start(arguments, format);
	vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, arguments);
	va_end(arguments);
	strcat(line, "\n");
	/* One write, so that lines of two threads do not mix. */
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
}

void log_failure(const char *what, const struct failure *failure)
{
	log_line(LOG_LEVEL_ERROR, "%s: %s: %s%s%s", what, failure->object, failure->cause,
		 failure->remedy[0] ? "; " : "", failure->remedy);
}

void log_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;
	char text[256];
	va_list arguments;
	int descriptor;

	if (!length || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, length);
	/* '@' stands for the abstract name space. */
	if (path[0] == '@')
		address.sun_path[0] = 0;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return;
	/* Nobody listening is no reason to stop. */
	(void)!sendto(descriptor, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		      (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(descriptor);
}
