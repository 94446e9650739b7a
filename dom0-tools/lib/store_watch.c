/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_watch.c - the connection, transactions, domains and
 * watches, over libxenstore.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "dom0-tools/lib/store_handle.h"

/* A transaction that met so many others in a row is not having bad luck. */
#define TRANSACTION_TRIES 1000

int store_open(struct store **store, struct failure *failure)
{
	*store = calloc(1, sizeof(**store));
	if (!*store)
		return failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	/* Not the kernel's door, behind which one waits for ever for a daemon. */
	(*store)->connection = xs_open(XS_OPEN_SOCKETONLY);
	if (!(*store)->connection) {
		int error = errno;

		free(*store);
		*store = NULL;
		return failure_set(failure, error, "store",
				   error == EACCES ? "run this as root" : "start enso-stored",
				   "cannot reach its daemon: %s", strerror(error));
	}
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	xs_close(store->connection);
	free(store);
}

int store_error(struct store *store)
{
	int error = errno;
	char *path;

	if (error != EINVAL && error != EBADF)
		return error;
	/* A daemon that is there answers this. */
	path = xs_get_domain_path(store->connection, 0);
	if (!path)
		return EPIPE;
	free(path);
	return error;
}

int store_transact(struct store *store, store_body_t body, void *context, struct failure *failure)
{
	for (int tries = 0; tries < TRANSACTION_TRIES; tries++) {
		xs_transaction_t transaction = xs_transaction_start(store->connection);
		int result;

		if (transaction == XBT_NULL)
			return store_failed(store_error(store), "a transaction", "start", failure);
		result = body(store, transaction, context, failure);
		if (result) {
			xs_transaction_end(store->connection, transaction, true);
			return result;
		}
		if (xs_transaction_end(store->connection, transaction, false))
			return 0;
		if (errno != EAGAIN)
			return store_failed(store_error(store), "a transaction", "end", failure);
	}
	return store_failed(EAGAIN, "a transaction", "end", failure);
}

int store_introduce(struct store *store, uint16_t domid, uint64_t frame, uint32_t port,
		    struct failure *failure)
{
	char domain[32];

	if (xs_introduce_domain(store->connection, domid, frame, port))
		return 0;
	snprintf(domain, sizeof(domain), "domain %u", domid);
	return store_failed(store_error(store), domain, "introduce", failure);
}

int store_release(struct store *store, uint16_t domid, struct failure *failure)
{
	char domain[32];

	if (xs_release_domain(store->connection, domid) || errno == ENOENT)
		return 0;
	snprintf(domain, sizeof(domain), "domain %u", domid);
	return store_failed(store_error(store), domain, "release", failure);
}

bool store_is_introduced(struct store *store, uint16_t domid)
{
	return xs_is_domain_introduced(store->connection, domid);
}

int store_watch(struct store *store, const char *path, const char *token, struct failure *failure)
{
	if (!xs_watch(store->connection, path, token))
		return store_failed(store_error(store), path, "watch", failure);
	return 0;
}

int store_unwatch(struct store *store, const char *path, const char *token, struct failure *failure)
{
	if (!xs_unwatch(store->connection, path, token))
		return store_failed(store_error(store), path, "stop watching", failure);
	return 0;
}

/* An event that has come already: 1, 0 or a negative errno. */
static int take_event(struct store *store, struct store_event *event, struct failure *failure)
{
	char **words = xs_check_watch(store->connection);

	if (!words)
		return errno == EAGAIN
			       ? 0
			       : store_failed(store_error(store), "a watch", "read", failure);
	event->memory = words;
	event->path = words[XS_WATCH_PATH];
	event->token = words[XS_WATCH_TOKEN];
	return 1;
}

int store_next_event(struct store *store, int timeout_ms, struct store_event *event,
		     struct failure *failure)
{
	struct pollfd ready = {.fd = xs_fileno(store->connection), .events = POLLIN};
	int result = take_event(store, event, failure);

	while (result == 0 && timeout_ms != 0) {
		int polled = poll(&ready, 1, timeout_ms);

		if (polled == 0)
			return 0;
		if (polled < 0)
			return store_failed(errno, "a watch", "wait for", failure);
		result = take_event(store, event, failure);
	}
	return result;
}

void store_event_free(struct store_event *event)
{
	free(event->memory);
	event->memory = NULL;
}

int store_descriptor(struct store *store)
{
	return xs_fileno(store->connection);
}
