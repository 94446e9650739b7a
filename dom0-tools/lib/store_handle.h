/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_handle.h - between the files of the store's client.  Nobody
 * outside this folder includes it.
 */
#pragma once

#include "dom0-tools/lib/store_pipe.h"

struct store {
	struct store_pipe pipe;
	/*
	 * An epoll descriptor of the socket and of `bell`, an eventfd: readable when there
	 * may be an event, also one that came with an answer.  -1 before the first watch.
	 */
	int descriptor, bell;
	bool rung;
};

/*
 * Asks and reads the answer, which is the caller's to free.  With store_ask what the
 * daemon says no with is in answer->error; the others take that as a failure too, to do
 * `what` to `path`.  store_tell: who needs no answer but that it was done.
 */
int MUST_CHECK
store_ask(struct store *store, uint32_t type, store_transaction_t transaction, const char *path,
	  const void *more, size_t more_bytes, struct store_answer *answer,
	  struct failure *failure);
int MUST_CHECK
store_demand(struct store *store, uint32_t type, store_transaction_t transaction, const char *what,
	     const char *path, const void *more, size_t more_bytes, struct store_answer *answer,
	     struct failure *failure);
int MUST_CHECK
store_tell(struct store *store, uint32_t type, store_transaction_t transaction, const char *what,
	   const char *path, const void *more, size_t more_bytes, struct failure *failure);
/* As store_tell of a path alone: 1 done, 0 there is no such thing, or a negative errno. */
int MUST_CHECK
store_tell_if_there(struct store *store, uint32_t type, store_transaction_t transaction,
		    const char *what, const char *path, struct failure *failure);

/* After anything that reads the socket: the bell says whether there may be events. */
void store_ring(struct store *store);

#define STORE_PERMISSIONS_MAX 16
/* Permissions as they are on the wire, a letter and a number with a NUL behind each; its length. */
#define STORE_PERMISSION_TEXT 16
size_t store_put_permissions(char text[STORE_PERMISSIONS_MAX * STORE_PERMISSION_TEXT],
			     const struct store_permission *permissions, size_t count);

int store_failed(int error, const char *path, const char *what, struct failure *failure);
