/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/service.c - what a daemon owes to who started it: that it
 * is alone, and the word that it is ready.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0-tools/consoled/consoled.h"

/* The lock goes with the process; the descriptor is never closed. */
int service_lock(const char *pid_file)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int file = open(pid_file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (file < 0)
		return -errno;
	if (fcntl(file, F_SETLK, &lock))
		return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	if (ftruncate(file, 0) || dprintf(file, "%d\n", getpid()) < 0)
		return -errno;
	return 0;
}

void service_ready(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = name ? strlen(name) : 0;
	int file;

	if (!length || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, name, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (file < 0)
		return;
	(void)sendto(file, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(file);
}
