/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_pipe.h - the store's wire protocol (<xen/io/xs_wire.h>) on
 * the daemon's socket: requests, one by one or many in one piece, their answers in
 * order, and watches' events, which come between answers and are kept in a queue.
 * Nobody outside this folder includes it.  docs/adr/store-client.md
 */
#pragma once

#include "dom0-tools/lib/store.h"

/* So much is never waiting to be sent that the daemon could not take it unread. */
#define STORE_PIPE_BYTES (64u << 10)

/* A watch's event as it came: the path and the token, NUL behind each. */
struct store_pipe_event {
	struct store_pipe_event *next;
	size_t bytes;
	char text[];
};

struct store_pipe {
	int socket;
	char *requests; /* STORE_PIPE_BYTES; NULL where requests go one by one */
	size_t bytes, count;
	int error; /* errno of a request that could not be added */
	struct store_pipe_event *first, **last;
	char answers[4096];
	size_t answers_at, answers_end;
};

/* What the daemon answers: bytes with a NUL behind, the caller's to free, or an errno. */
struct store_answer {
	char *text; /* NULL where there is an error */
	size_t bytes;
	int error;
};

/* An empty pipe: no connection, no requests. */
void store_pipe_init(struct store_pipe *pipe);
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
 * The next answer.  Failures are of the connection or of memory; what the daemon says
 * no with is answer->error.  EPIPE: the daemon has gone.
 */
int MUST_CHECK
store_pipe_receive(struct store_pipe *pipe, struct store_answer *answer, struct failure *failure);

/* One request that was not added, and its answer. */
int MUST_CHECK
store_pipe_ask(struct store_pipe *pipe, uint32_t type, uint32_t transaction, const char *path,
	       const void *more, size_t more_bytes, struct store_answer *answer,
	       struct failure *failure);

/* Whether an event may have come already, with an answer. */
bool store_pipe_has_events(const struct store_pipe *pipe);

/*
 * The next event, the caller's to free, in *event; NULL if none comes within timeout_ms
 * (-1: no limit).  Fails as store_pipe_receive does.
 */
int MUST_CHECK
store_pipe_next_event(struct store_pipe *pipe, int timeout_ms, struct store_pipe_event **event,
		      struct failure *failure);

/* The path of request `index`, for messages. */
const char *store_pipe_path(const struct store_pipe *pipe, size_t index);
