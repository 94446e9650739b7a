/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_pipe.h - the store's wire protocol (<xen/io/xs_wire.h>) on
 * the daemon's socket: requests in one piece, then their answers in order.
 * Nobody outside this folder includes it.
 */
#pragma once

#include "dom0-tools/lib/store.h"

/* So much is never waiting to be sent that the daemon could not take it unread. */
#define STORE_PIPE_BYTES (64u << 10)

struct store_pipe {
	int socket;
	char *requests; /* STORE_PIPE_BYTES */
	size_t bytes, count;
	int error; /* errno of a request that could not be added */
	char answers[4096];
	size_t answers_at, answers_end;
};

int MUST_CHECK
store_pipe_connect(struct store_pipe *pipe, struct failure *failure);
void store_pipe_close(struct store_pipe *pipe);

/* Adds a request of <xen/io/xs_wire.h>'s type: `path` with its NUL, then `more`. */
void store_pipe_add(struct store_pipe *pipe, uint32_t type, const char *path, const void *more,
		    size_t more_bytes);

/* Sends the requests, all of them in `transaction`.  They stay, to be sent again. */
int MUST_CHECK
store_pipe_send(struct store_pipe *pipe, uint32_t transaction, struct failure *failure);

/*
 * The next answer: its bytes, NUL-terminated, the caller's to free, or NULL in
 * *value where *error says what the daemon said no with.  Other failures are of
 * the connection.
 */
int MUST_CHECK
store_pipe_receive(struct store_pipe *pipe, char **value, int *error, struct failure *failure);

/* The path of request `index`, for messages. */
const char *store_pipe_path(const struct store_pipe *pipe, size_t index);
