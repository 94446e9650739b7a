/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_watch.c - the connection, transactions and what is one, domains, watches.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/lib/store_handle.h"
#include "dom0-tools/lib/text.h"

/* A transaction that met so many others in a row is not having bad luck. */
#define TRANSACTION_TRIES 1000

int store_open(struct store **store, struct failure *failure)
{
	int result;

	*store = calloc(1, sizeof(**store));
	if (!*store)
		return failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	(*store)->descriptor = (*store)->bell = -1;
	store_pipe_init(&(*store)->pipe);
	result = store_pipe_connect(&(*store)->pipe, failure);
	if (result) {
		free(*store);
		*store = NULL;
	}
	return result;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_pipe_close(&store->pipe);
	if (store->descriptor >= 0)
		close(store->descriptor);
	if (store->bell >= 0)
		close(store->bell);
	free(store);
}

void store_ring(struct store *store)
{
	bool events = store_pipe_has_events(&store->pipe);
	eventfd_t count = 1;

	if (store->bell < 0 || events == store->rung)
		return;
	/* Neither blocks: it is written when it is 0 and read when it is not. */
	if (events ? eventfd_write(store->bell, count) : eventfd_read(store->bell, &count))
		return;
	store->rung = events;
}

/* What store_descriptor gives: made for who watches. */
static int make_descriptor(struct store *store, struct failure *failure)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (store->descriptor >= 0)
		return 0;
	store->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	store->descriptor = epoll_create1(EPOLL_CLOEXEC);
	if (store->bell >= 0 && store->descriptor >= 0 &&
	    !epoll_ctl(store->descriptor, EPOLL_CTL_ADD, store->bell, &event) &&
	    !epoll_ctl(store->descriptor, EPOLL_CTL_ADD, store->pipe.socket, &event))
		return 0;
	return store_failed(errno, "its events", "wait for", failure);
}

static int start_transaction(struct store *store, store_transaction_t *transaction,
			     struct failure *failure)
{
	struct store_answer answer;
	uint64_t number = 0;
	int result =
		store_ask(store, XS_TRANSACTION_START, STORE_NOW, "", NULL, 0, &answer, failure);

	if (result)
		return result;
	if (!answer.error && !text_parse_number(answer.text, 1, UINT32_MAX, &number))
		answer.error = EPROTO;
	free(answer.text);
	*transaction = (store_transaction_t)number;
	return answer.error ? store_failed(answer.error, "a transaction", "start", failure) : 0;
}

int store_transact(struct store *store, store_body_t body, void *context, struct failure *failure)
{
	for (int tries = 0; tries < TRANSACTION_TRIES; tries++) {
		store_transaction_t transaction;
		struct store_answer answer;
		int result = start_transaction(store, &transaction, failure);

		if (result)
			return result;
		result = body(store, transaction, context, failure);
		if (result) {
			(void)!store_tell(store, XS_TRANSACTION_END, transaction, "end", "F", NULL,
					  0, NULL);
			return result;
		}
		result = store_ask(store, XS_TRANSACTION_END, transaction, "T", NULL, 0, &answer,
				   failure);
		free(answer.text);
		if (result || !answer.error)
			return result;
		if (answer.error != EAGAIN)
			return store_failed(answer.error, "a transaction", "end", failure);
	}
	return store_failed(EAGAIN, "a transaction", "end", failure);
}

struct below {
	const char *node, *name, *value;
};

static int write_below(struct store *store, store_transaction_t transaction, void *context,
		       struct failure *failure)
{
	const struct below *below = context;
	char path[STORE_PATH_MAX];
	int there = store_exists(store, transaction, failure, "%s", below->node);

	if (there != 1)
		return there ? there : store_failed(ENOENT, below->node, "write below", failure);
	if (snprintf(path, sizeof(path), "%s/%s", below->node, below->name) >= (int)sizeof(path))
		return store_failed(ENAMETOOLONG, below->node, "write below", failure);
	return store_write(store, transaction, path, failure, "%s", below->value);
}

int store_write_below(struct store *store, const char *node, const char *name,
		      struct failure *failure, const char *value_format, ...)
{
	char value[STORE_PAYLOAD_MAX];
	struct below below = {node, name, value};
	va_list arguments;
	int length;

	va_start(arguments, value_format);
	length = vsnprintf(value, sizeof(value), value_format, arguments);
	va_end(arguments);
	if (length < 0 || length >= (int)sizeof(value))
		return store_failed(E2BIG, node, "write below", failure);
	return store_transact(store, write_below, &below, failure);
}

int store_introduce(struct store *store, uint16_t domid, uint64_t frame, uint32_t port,
		    struct failure *failure)
{
	char domain[8], more[40];
	int length;

	snprintf(domain, sizeof(domain), "%u", domid);
	length = snprintf(more, sizeof(more), "%llu%c%u", (unsigned long long)frame, 0, port);
	return store_tell(store, XS_INTRODUCE, STORE_NOW, "introduce domain", domain, more,
			  (size_t)length + 1, failure);
}

int store_release(struct store *store, uint16_t domid, struct failure *failure)
{
	char domain[8];
	int result;

	snprintf(domain, sizeof(domain), "%u", domid);
	result = store_tell_if_there(store, XS_RELEASE, STORE_NOW, "release domain", domain,
				     failure);
	return MIN(result, 0);
}

bool store_is_introduced(struct store *store, uint16_t domid)
{
	struct store_answer answer;
	char domain[8];
	bool is;

	snprintf(domain, sizeof(domain), "%u", domid);
	is = !store_ask(store, XS_IS_DOMAIN_INTRODUCED, STORE_NOW, domain, NULL, 0, &answer,
			NULL) &&
	     !answer.error && answer.text[0] == 'T';
	free(answer.text);
	return is;
}

int store_watch(struct store *store, const char *path, const char *token, struct failure *failure)
{
	int result = make_descriptor(store, failure);

	return result ? result
		      : store_tell(store, XS_WATCH, STORE_NOW, "watch", path, token,
				   strlen(token) + 1, failure);
}

int store_unwatch(struct store *store, const char *path, const char *token, struct failure *failure)
{
	return store_tell(store, XS_UNWATCH, STORE_NOW, "stop watching", path, token,
			  strlen(token) + 1, failure);
}

int store_next_event(struct store *store, int timeout_ms, struct store_event *event,
		     struct failure *failure)
{
	struct store_pipe_event *next = NULL;
	int result = store_pipe_next_event(&store->pipe, timeout_ms, &next, failure);

	store_ring(store);
	if (!next)
		return result;
	event->memory = next;
	event->path = next->text;
	event->token = next->text + strlen(next->text) + 1;
	return 1;
}

void store_event_free(struct store_event *event)
{
	free(event->memory);
	event->memory = NULL;
}

int store_descriptor(struct store *store)
{
	return store->descriptor;
}
