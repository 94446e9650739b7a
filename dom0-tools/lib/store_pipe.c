/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/store_pipe.c - store_pipe.h says what it is for. */
#include "dom0-tools/lib/store_pipe.h"

#include <errno.h>
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
}

void store_pipe_add(struct store_pipe *pipe, uint32_t type, const char *path, const void *more,
		    size_t more_bytes)
{
	size_t path_bytes = strlen(path) + 1;
	struct xsd_sockmsg header = {.type = type, .len = path_bytes + more_bytes};

	if (pipe->error)
		return;
	if (path_bytes > STORE_PATH_MAX || more_bytes > XENSTORE_PAYLOAD_MAX - path_bytes ||
	    sizeof(header) + header.len > STORE_PIPE_BYTES - pipe->bytes) {
		pipe->error = E2BIG;
		return;
	}
	header.req_id = pipe->count++;
	memcpy(pipe->requests + pipe->bytes, &header, sizeof(header));
	memcpy(pipe->requests + pipe->bytes + sizeof(header), path, path_bytes);
	if (more_bytes)
		memcpy(pipe->requests + pipe->bytes + sizeof(header) + path_bytes, more,
		       more_bytes);
	pipe->bytes += sizeof(header) + header.len;
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
	return failure_set(failure, error, "store", "see that enso-stored runs",
			   "the connection to its daemon broke: %s", strerror(error));
}

int store_pipe_send(struct store_pipe *pipe, uint32_t transaction, struct failure *failure)
{
	int result;

	for (size_t at = 0; at < pipe->bytes;) {
		struct xsd_sockmsg *header = (struct xsd_sockmsg *)(pipe->requests + at);

		header->tx_id = transaction;
		at += sizeof(*header) + header->len;
	}
	for (size_t at = 0; at < pipe->bytes;) {
		ssize_t sent =
			send(pipe->socket, pipe->requests + at, pipe->bytes - at, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR) {
			result = -errno;
			return connection_failed(-result, failure);
		}
		at += sent > 0 ? sent : 0;
	}
	return 0;
}

/* Exactly `count` bytes of what the daemon answers. */
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

static int error_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++) {
		if (!strcmp(xsd_errors[i].errstring, name))
			return xsd_errors[i].errnum;
	}
	return EIO;
}

int store_pipe_receive(struct store_pipe *pipe, char **value, int *error, struct failure *failure)
{
	struct xsd_sockmsg header;
	int result = receive_bytes(pipe, &header, sizeof(header), failure);

	*value = NULL;
	*error = 0;
	if (result)
		return result;
	if (header.len > XENSTORE_PAYLOAD_MAX)
		return connection_failed(EPROTO, failure);
	*value = calloc(1, header.len + 1);
	if (!*value)
		return failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	result = receive_bytes(pipe, *value, header.len, failure);
	if (result == 0 && header.type == XS_ERROR)
		*error = error_named(*value);
	if (result || *error) {
		free(*value);
		*value = NULL;
	}
	return result;
}
