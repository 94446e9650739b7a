/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/link_socket.c - programs of domain 0.  See link.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0-tools/stored/link.h"

static int watch_source(const struct daemon *daemon, int how, struct source *source,
			uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(daemon->epoll, how, source->fd, &event) ? -errno : 0;
}

int link_listen(struct daemon *daemon, struct source *source, const char *path, unsigned int mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length + 1);
	source->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (source->fd < 0)
		return -errno;
	unlink(path);
	if (bind(source->fd, (struct sockaddr *)&address, sizeof(address)) || chmod(path, mode) ||
	    listen(source->fd, 128))
		return -errno;
	return watch_source(daemon, EPOLL_CTL_ADD, source, EPOLLIN);
}

void link_accept(struct daemon *daemon, const struct source *source)
{
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct connection *connection;
	struct link *link;

	if (fd < 0)
		return;
	connection = connection_open(&daemon->store, 0);
	link = connection ? link_make(daemon, connection) : NULL;
	if (!link) {
		if (connection)
			connection_close(&daemon->store, connection);
		close(fd);
		return;
	}
	connection->read_only = source->kind == SOURCE_LISTEN_READ_ONLY;
	link->source.fd = fd;
	link->events = EPOLLIN;
	if (watch_source(daemon, EPOLL_CTL_ADD, &link->source, link->events))
		link_destroy(daemon, connection);
}

static void hang_up(struct daemon *daemon, struct link *link)
{
	struct connection *connection = link->connection;

	if (link->source.fd >= 0)
		close(link->source.fd);
	link->source.fd = -1;
	connection->broken = true;
	connection_mark(&daemon->store, connection);
}

/*
 * Requests are read one by one to their end, never beyond: what a client has
 * sent and nobody has looked at stays in the kernel, and the client waits.
 */
bool link_socket_read(struct daemon *daemon, struct link *link, size_t bytes)
{
	struct connection *connection = link->connection;
	ssize_t got = read(link->source.fd, connection->in + connection->in_length,
			   bytes - connection->in_length);

	if (got < 0 && errno == EINTR)
		return true;
	if (got < 0 && errno == EAGAIN) {
		link->has_input = false;
		return false;
	}
	if (got <= 0) {
		hang_up(daemon, link);
		return false;
	}
	connection->in_length += (size_t)got;
	return true;
}

void link_socket_publish(struct daemon *daemon, struct link *link)
{
	struct out_queue *out = &link->connection->out;
	uint32_t events;

	while (out->head < out->tail) {
		ssize_t done = send(link->source.fd, out->bytes + out->head, out->tail - out->head,
				    MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN)
			break;
		if (done <= 0) {
			hang_up(daemon, link);
			return;
		}
		out->head += (size_t)done;
	}
	if (out->head == out->tail) {
		out->head = out->tail = 0;
		out->messages = 0;
		if (event_length(&link->connection->watches))
			connection_mark(&daemon->store, link->connection);
	}
	if (link->has_input) {
		link_has_work(daemon, link);
		daemon->resumed = true;
	}
	/* One that asks on and on and reads no answer is not listened to meanwhile. */
	events = (connection_may_ask(&daemon->store, link->connection) ? EPOLLIN : 0u) |
		 (out->head < out->tail ? EPOLLOUT : 0u);
	if (events != link->events && !watch_source(daemon, EPOLL_CTL_MOD, &link->source, events))
		link->events = events;
}
