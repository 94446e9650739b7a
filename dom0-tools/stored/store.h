/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/store.h - the store: what requests do to it.
 *
 * Bytes come in and go out through connections, whose transport (sockets, rings
 * of domains) is link.c's; what the hypervisor has to do is asked of `ports`.
 * Everything that must outlive the daemon is put into `record`, which the
 * caller makes durable before it lets any byte of `out` go.  Pure.
 */
#pragma once

#include "dom0-tools/stored/journal.h"
#include "dom0-tools/stored/txn.h"
#include "dom0-tools/stored/watch.h"
#include "dom0-tools/stored/wire.h"

#define MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
/* No further request is taken while this much is unread, and no further event made. */
#define OUT_REQUEST_LIMIT (32u << 10)
#define OUT_EVENT_LIMIT	  (8u << 10)

/* Bytes on their way out; [head, tail) of `bytes`. */
struct out_queue {
	char *bytes;
	size_t head, tail, room;
	uint32_t messages; /* put in since it was last empty */
};

/* A client: a socket, or a domain through its ring. */
struct connection {
	struct watch_owner watches; /* .domid is the client's */
	struct store *store;
	struct connection *next, *previous; /* store.connections */
	struct connection *next_dirty;
	bool dirty;	 /* in store.dirty: has something to send or to tell */
	bool broken;	 /* is to be closed, as soon as nobody works with it */
	bool privileged; /* domain 0                                         */
	bool read_only;
	bool journaled; /* outlives the daemon: a ring                      */
	struct transaction *transactions;
	uint32_t nr_transactions, last_transaction;
	struct out_queue out;
	char in[MESSAGE_MAX];
	size_t in_length;
	/* A ring's: requests are done up to `consumer`; out.head is byte `producer` of its answers.
	 */
	uint32_t consumer, producer;
	uint64_t requests;
	void *link; /* link.c's */
};

struct store;

/* What the store needs of the world; each returns 0 or a negative errno. */
struct store_ports {
	/* Attaches the ring of a domain, anew if it has one; records that. */
	int (*introduce)(struct store *store, struct account *account);
	/* Lets it go. */
	void (*release)(struct store *store, struct account *account);
	/* More words for `stats`; returns bytes written. */
	size_t (*describe)(struct store *store, char *text, size_t room);
	/* Whether the record may become longer by what a request adds; NULL: always. */
	bool (*has_room)(struct store *store);
};

struct store {
	struct accounts accounts;
	struct tree tree;
	struct watches watches;
	struct connection *connections;
	struct connection *dirty;
	struct record record;
	const struct store_ports *ports;
	bool replaying; /* rings are not attached yet */
	bool logging;
	uint64_t requests, commits, conflicts;
};

/* 0 or -ENOMEM. */
int store_start(struct store *store, const struct store_ports *ports);
void store_end(struct store *store);

/* NULL: no memory. */
struct connection *connection_open(struct store *store, uint16_t domid);
/* Its watches and transactions go; nothing is recorded of that. */
void connection_close(struct store *store, struct connection *connection);
struct account *connection_account(struct store *store, const struct connection *connection);

/* Whether connection->in starts with a whole message; -EINVAL: it never will. */
int connection_ready(const struct connection *connection, bool *ready);
/* Bytes of the message at the start of `in`, once its header is there; else of the header. */
size_t connection_needs(const struct connection *connection);
/* Whether it may be given another request before its output is read. */
bool connection_may_ask(struct store *store, const struct connection *connection);
/* Carries the request at the start of `in` out and takes it away. */
void connection_handle(struct store *store, struct connection *connection);
/* Turns waiting events into bytes, as far as there is room. */
void connection_pump(struct store *store, struct connection *connection);
/* Appends bytes to what the client will get; recorded for rings. */
void connection_send(struct store *store, struct connection *connection, uint32_t type,
		     const struct xsd_sockmsg *request, const void *payload, size_t length);
void connection_mark(struct store *store, struct connection *connection);

/* A request being answered. */
struct request {
	struct store *store;
	struct connection *connection;
	struct account *account; /* the client's */
	struct xsd_sockmsg header;
	const char *payload;
	size_t length;
	struct view view;
};

/*
 * Each answers with connection_send() and returns 0, or has changed nothing
 * and returns a negative errno, which is answered for it.
 */
#define STORE_OP(symbol, name, who, what) int request_##name(struct request *request);
#include "dom0-tools/stored/ops.def"
#undef STORE_OP

/* 0, or -ENOSPC: the store may not grow now.  Asked before anything is changed. */
int request_room(const struct request *request);
void request_reply(struct request *request, const void *payload, size_t length);
void request_acknowledge(struct request *request);
int request_path(struct request *request, struct text text, struct wire_path *path, bool special);

/*
 * Makes the edits of a request or a transaction, all or none: applies, checks
 * what `account` may own, records, tells the watchers.
 */
int store_apply(struct store *store, const struct account *account, const struct edit *first,
		const struct edit *(*next)(const struct edit *edit));

/*
 * The domain is gone: its nodes go with it, or become domain 0's where others'
 * are below them; its number means nothing in older permissions.  Watchers of
 * @releaseDomain hear of it.
 */
void store_domain_gone(struct store *store, struct account *account);
void store_fire_special(struct store *store, const char *name);
/* Checks that all lists agree; returns what is wrong, or NULL. */
const char *store_check(struct store *store);
