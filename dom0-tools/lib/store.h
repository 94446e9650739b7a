/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store.h - the store: small named values that dom0 and its
 * guests share, and that tell of their changes.
 *
 * Paths are absolute and given as a format.  Every function that takes a
 * `transaction` takes STORE_NOW too, for a single step of its own.  A handle
 * belongs to one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

#define STORE_PATH_MAX	  3072 /* bytes of an absolute path, as XENSTORE_ABS_PATH_MAX */
#define STORE_PAYLOAD_MAX 4096 /* bytes of a value, with its path */

struct store;
typedef uint32_t store_transaction_t;
#define STORE_NOW	    ((store_transaction_t)0)

#define STORE_FORMAT(index) __attribute__((format(printf, index, (index) + 1)))

/* Opens the daemon's socket.  ECONNREFUSED, ENOENT: it does not run. */
int MUST_CHECK
store_open(struct store **store, struct failure *failure);
void store_close(struct store *store); /* NULL is fine */

/* A value, NUL-terminated, the caller's to free.  ENOENT when there is no such node. */
int MUST_CHECK
store_read(struct store *store, store_transaction_t transaction, char **value,
	   struct failure *failure, const char *path_format, ...) STORE_FORMAT(5);

/* The same for a value of any bytes; *bytes are its length, without the NUL behind. */
int MUST_CHECK
store_read_bytes(struct store *store, store_transaction_t transaction, char **value, size_t *bytes,
		 struct failure *failure, const char *path);

/* A value that is a decimal number.  EINVAL when it is none. */
int MUST_CHECK
store_read_number(struct store *store, store_transaction_t transaction, uint64_t *number,
		  struct failure *failure, const char *path_format, ...) STORE_FORMAT(5);

/* Writes a value as text; what is missing of the path is made. */
int MUST_CHECK
store_write(struct store *store, store_transaction_t transaction, const char *path,
	    struct failure *failure, const char *value_format, ...) STORE_FORMAT(5);
int MUST_CHECK
store_write_bytes(struct store *store, store_transaction_t transaction, const char *path,
		  const void *value, size_t bytes, struct failure *failure);

/*
 * Writes NODE/NAME if NODE is there.  ENOENT: it is not, and nothing is made, as what is
 * about to be removed by somebody else must not be half there again.
 */
int MUST_CHECK
store_write_below(struct store *store, const char *node, const char *name, struct failure *failure,
		  const char *value_format, ...) STORE_FORMAT(5);

int MUST_CHECK
store_make(struct store *store, store_transaction_t transaction, struct failure *failure,
	   const char *path_format, ...) STORE_FORMAT(4);

/* Removes a node and all below it.  That it is not there is no failure. */
int MUST_CHECK
store_remove(struct store *store, store_transaction_t transaction, struct failure *failure,
	     const char *path_format, ...) STORE_FORMAT(4);

/* 1 if there is such a node, 0 if not, or a negative errno. */
int MUST_CHECK
store_exists(struct store *store, store_transaction_t transaction, struct failure *failure,
	     const char *path_format, ...) STORE_FORMAT(4);

/*
 * The names of a node's children; free with one free().  ENOENT: no such node.
 */
int MUST_CHECK
store_list(struct store *store, store_transaction_t transaction, char ***names, size_t *count,
	   struct failure *failure, const char *path_format, ...) STORE_FORMAT(6);

/* Who may do what with a node.  The first entry names its owner, who may do all. */
struct store_permission {
	uint32_t domid;
	bool read, write; /* of the first entry: what everybody else may do */
};

/* Permissions are inherited by what is made below later, not by what is there. */
int MUST_CHECK
store_set_permissions(struct store *store, store_transaction_t transaction,
		      const struct store_permission *permissions, size_t count,
		      struct failure *failure, const char *path_format, ...) STORE_FORMAT(6);

/* The array is the caller's to free. */
int MUST_CHECK
store_get_permissions(struct store *store, store_transaction_t transaction,
		      struct store_permission **permissions, size_t *count, struct failure *failure,
		      const char *path_format, ...) STORE_FORMAT(6);

/*
 * Does `body` as one: all of it or nothing, as if nobody else wrote meanwhile.
 * When somebody did, it is done again, so it may leave no traces outside the
 * store but its result.  Any non-zero from `body` aborts and is returned.
 */
typedef int (*store_body_t)(struct store *store, store_transaction_t transaction, void *context,
			    struct failure *failure);
int MUST_CHECK
store_transact(struct store *store, store_body_t body, void *context, struct failure *failure);

/*
 * Tells the daemon of a new domain, whose ring is frame `frame` (an mfn) and
 * whose end of the event channel is `port`; forgets one; asks for one.
 */
int MUST_CHECK
store_introduce(struct store *store, uint16_t domid, uint64_t frame, uint32_t port,
		struct failure *failure);
int MUST_CHECK
store_release(struct store *store, uint16_t domid, struct failure *failure);
bool store_is_introduced(struct store *store, uint16_t domid);

/*
 * Watches a node and all below it.  The first event comes at once.  "@introduceDomain"
 * and "@releaseDomain" tell of domains coming and going.
 */
int MUST_CHECK
store_watch(struct store *store, const char *path, const char *token, struct failure *failure);
int MUST_CHECK
store_unwatch(struct store *store, const char *path, const char *token, struct failure *failure);

struct store_event {
	char *path, *token; /* valid until freed with store_event_free */
	void *memory;
};

/*
 * The next event: 1 got, 0 none within timeout_ms (-1: no limit, 0: do not
 * wait), or a negative errno.  EPIPE: the daemon has gone.
 */
int MUST_CHECK
store_next_event(struct store *store, int timeout_ms, struct store_event *event,
		 struct failure *failure);
void store_event_free(struct store_event *event);

/* Readable when there may be an event: for poll. */
int store_descriptor(struct store *store);
