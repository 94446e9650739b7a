/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/store_pipe.c - store_pipe.h says what it is for. */
#include "dom0-tools/lib/store_pipe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/store_handle.h"

/* Where libxenstore looks, by the same variables. */
static void name_socket(struct sockaddr_un *address)
{
	const char *folder = getenv("XENSTORED_RUNDIR"), *path = getenv("XENSTORED_PATH");

	if (path)
		snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	else
		snprintf(address->sun_path, sizeof(address->sun_path), "%s/socket",
			 folder ? folder : "/var/run/xenstored");
}

void store_pipe_init(struct store_pipe *pipe)
{
	*pipe = (struct store_pipe){.socket = -1};
	pipe->last = &pipe->first;
}

int store_pipe_connect(struct store_pipe *pipe, struct failure *failure)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error = 0;

	name_socket(&address);
	pipe->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pipe->socket < 0 ||
	    connect(pipe->socket, (struct sockaddr *)&address, sizeof(address)) != 0)
		error = errno;
	if (!error)
		return 0;
	store_pipe_close(pipe);
	return failure_set(failure, error, "store",
			   error == EACCES ? "run this as root" : "start enso-stored",
			   "cannot reach its daemon: %s", strerror(error));
}

void store_pipe_close(struct store_pipe *pipe)
{
	if (pipe->socket >= 0)
		close(pipe->socket);
	pipe->socket = -1;
	pipe->answers_at = pipe->answers_end = 0;
	while (pipe->first) {
		struct store_pipe_event *event = pipe->first;

		pipe->first = event->next;
		free(event);
	}
	pipe->last = &pipe->first;
}

/* Lays out a request in `room` bytes at `to`; its length, 0 if it does not fit. */
static size_t put_request(char *to, size_t room, struct xsd_sockmsg header, const char *path,
			  const void *more, size_t more_bytes)
{
	size_t path_bytes = strlen(path) + 1;

	if (path_bytes > STORE_PATH_MAX || more_bytes > XENSTORE_PAYLOAD_MAX - path_bytes ||
	    sizeof(header) + path_bytes + more_bytes > room)
		return 0;
	header.len = path_bytes + more_bytes;
	memcpy(to, &header, sizeof(header));
	memcpy(to + sizeof(header), path, path_bytes);
	if (more_bytes)
		memcpy(to + sizeof(header) + path_bytes, more, more_bytes);
	return sizeof(header) + header.len;
}

void store_pipe_add(struct store_pipe *pipe, uint32_t type, const char *path, const void *more,
		    size_t more_bytes)
{
	struct xsd_sockmsg header = {.type = type, .req_id = pipe->count};
	size_t added;

	if (pipe->error)
		return;
	added = put_request(pipe->requests + pipe->bytes, STORE_PIPE_BYTES - pipe->bytes, header,
			    path, more, more_bytes);
	if (added)
		pipe->count++;
	else
		pipe->error = E2BIG;
	pipe->bytes += added;
}

/* The header of request `index`, which is known to be there. */
static struct xsd_sockmsg *find_request(const struct store_pipe *pipe, size_t index)
{
	char *at = pipe->requests;

	while (index--)
		at += sizeof(struct xsd_sockmsg) + ((struct xsd_sockmsg *)at)->len;
	return (struct xsd_sockmsg *)at;
}

const char *store_pipe_path(const struct store_pipe *pipe, size_t index)
{
	return index < pipe->count ? (const char *)(find_request(pipe, index) + 1)
				   : "a transaction";
}

static int connection_failed(int error, struct failure *failure)
{
	/* It has gone with something of ours unread, or without: the same to us. */
	if (error == ECONNRESET)
		error = EPIPE;
	return failure_set(failure, error, "store", "see that enso-stored runs",
			   "the connection to its daemon broke: %s", strerror(error));
}

static int send_bytes(struct store_pipe *pipe, const char *bytes, size_t count,
		      struct failure *failure)
{
	while (count) {
		ssize_t sent = send(pipe->socket, bytes, count, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return connection_failed(errno, failure);
		bytes += sent > 0 ? sent : 0;
		count -= sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

int store_pipe_send(struct store_pipe *pipe, uint32_t transaction, struct failure *failure)
{
	for (size_t at = 0; at < pipe->bytes;) {
		struct xsd_sockmsg *header = (struct xsd_sockmsg *)(pipe->requests + at);

		header->tx_id = transaction;
		at += sizeof(*header) + header->len;
	}
	return send_bytes(pipe, pipe->requests, pipe->bytes, failure);
}

/* Exactly `count` bytes of what the daemon sends. */
static int receive_bytes(struct store_pipe *pipe, void *to, size_t count, struct failure *failure)
{
	char *at = to;

	while (count) {
		size_t have = MIN(pipe->answers_end - pipe->answers_at, count);
		ssize_t got;

		memcpy(at, pipe->answers + pipe->answers_at, have);
		pipe->answers_at += have;
		at += have;
		count -= have;
		if (!count)
			break;
		got = recv(pipe->socket, pipe->answers, sizeof(pipe->answers), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return connection_failed(got ? errno : EPIPE, failure);
		pipe->answers_at = 0;
		pipe->answers_end = got;
	}
	return 0;
}

static int out_of_memory(struct failure *failure)
{
	return failure_set(failure, ENOMEM, "store", NULL, "out of memory");
}

static int receive_event(struct store_pipe *pipe, size_t bytes, struct failure *failure)
{
	struct store_pipe_event *event = malloc(sizeof(*event) + bytes + 2);
	int result;

	if (!event)
		return out_of_memory(failure);
	result = receive_bytes(pipe, event->text, bytes, failure);
	if (result) {
		free(event);
		return result;
	}
	/* Two texts are in it, whatever came. */
	event->text[bytes] = event->text[bytes + 1] = '\0';
	event->bytes = bytes;
	event->next = NULL;
	*pipe->last = event;
	pipe->last = &event->next;
	return 0;
}

static int error_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++) {
		if (!strcmp(xsd_errors[i].errstring, name))
			return xsd_errors[i].errnum;
	}
	return EIO;
}

/* The next message: an event goes to the queue, an answer to *answer. */
static int receive_message(struct store_pipe *pipe, uint32_t *type, struct store_answer *answer,
			   struct failure *failure)
{
	struct xsd_sockmsg header;
	int result = receive_bytes(pipe, &header, sizeof(header), failure);

	*answer = (struct store_answer){0};
	if (result)
		return result;
	*type = header.type;
	if (header.len > XENSTORE_PAYLOAD_MAX)
		return connection_failed(EPROTO, failure);
	if (header.type == XS_WATCH_EVENT)
		return receive_event(pipe, header.len, failure);
	answer->text = calloc(1, header.len + 1);
	if (!answer->text)
		return out_of_memory(failure);
	answer->bytes = header.len;
	result = receive_bytes(pipe, answer->text, header.len, failure);
	if (result == 0 && header.type == XS_ERROR)
		answer->error = error_named(answer->text);
	if (result || answer->error) {
		free(answer->text);
		answer->text = NULL;
		answer->bytes = 0;
	}
	return result;
}

int store_pipe_receive(struct store_pipe *pipe, struct store_answer *answer,
		       struct failure *failure)
{
	uint32_t type = XS_WATCH_EVENT;
	int result = 0;

	while (result == 0 && type == XS_WATCH_EVENT)
		result = receive_message(pipe, &type, answer, failure);
	return result;
}

int store_pipe_ask(struct store_pipe *pipe, uint32_t type, uint32_t transaction, const char *path,
		   const void *more, size_t more_bytes, struct store_answer *answer,
		   struct failure *failure)
{
	struct xsd_sockmsg header = {.type = type, .tx_id = transaction};
	char request[sizeof(header) + XENSTORE_PAYLOAD_MAX];
	size_t bytes = put_request(request, sizeof(request), header, path, more, more_bytes);
	int result;

	*answer = (struct store_answer){.error = bytes ? 0 : E2BIG};
	if (!bytes)
		return 0;
	result = send_bytes(pipe, request, bytes, failure);
	return result ? result : store_pipe_receive(pipe, answer, failure);
}

bool store_pipe_has_events(const struct store_pipe *pipe)
{
	return pipe->first || pipe->answers_at < pipe->answers_end;
}

static struct store_pipe_event *take_event(struct store_pipe *pipe)
{
	struct store_pipe_event *event = pipe->first;

	if (event)
		pipe->first = event->next;
	if (!pipe->first)
		pipe->last = &pipe->first;
	return event;
}

int store_pipe_next_event(struct store_pipe *pipe, int timeout_ms, struct store_pipe_event **event,
			  struct failure *failure)
{
	struct pollfd ready = {.fd = pipe->socket, .events = POLLIN};
	int result = 0;

	while (!(*event = take_event(pipe)) && result == 0) {
		struct store_answer answer;
		uint32_t type;

		if (!store_pipe_has_events(pipe)) {
			int polled = poll(&ready, 1, timeout_ms);

			if (polled == 0)
				return 0;
			if (polled < 0)
				return failure_set(failure, errno, "store", NULL,
						   "cannot wait for a watch: %s", strerror(errno));
		}
		result = receive_message(pipe, &type, &answer, failure);
		if (result == 0 && type != XS_WATCH_EVENT) { /* nobody has asked */
			free(answer.text);
			result = connection_failed(EPROTO, failure);
		}
	}
	return result;
}
