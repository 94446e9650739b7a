/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/link.c - each client its share, then the journal, then answers.  See link.h. */
#include "dom0-tools/stored/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHARE_DOMAIN0 16 /* requests in one turn */
#define SHARE_GUEST   2

struct link *link_make(struct daemon *daemon, struct connection *connection)
{
	struct link *link = calloc(1, sizeof(*link));

	(void)daemon;
	if (!link)
		return NULL;
	link->source = (struct source){.kind = SOURCE_CLIENT, .fd = -1};
	link->connection = connection;
	connection->link = link;
	return link;
}

static bool leave_list(struct link **place, const struct link *link)
{
	while (*place && *place != link)
		place = &(*place)->next_work;
	if (!*place)
		return false;
	*place = link->next_work;
	return true;
}

void link_destroy(struct daemon *daemon, struct connection *connection)
{
	struct link *link = connection->link;

	if (link && link->working && !leave_list(&daemon->work, link))
		leave_list(&daemon->turn, link);
	if (link && link->source.fd >= 0)
		close(link->source.fd);
	connection_close(&daemon->store, connection);
	free(link);
}

void link_has_work(struct daemon *daemon, struct link *link)
{
	if (link->working)
		return;
	link->working = true;
	link->next_work = daemon->work;
	daemon->work = link;
}

/* Guests ask at a bounded rate; what they have not asked for a while they may ask at once. */
static bool take_credit(struct daemon *daemon, struct link *link)
{
	struct store *store = &daemon->store;
	const struct account *account = connection_account(store, link->connection);
	uint32_t rate = account_quota(&store->accounts, account, QUOTA_RATE);
	int64_t most = (int64_t)account_quota(&store->accounts, account, QUOTA_BURST) * 1000000;

	if (link->connection->privileged || !rate)
		return true;
	if (!link->credit_time)
		link->credit = most;
	else
		link->credit += (int64_t)((daemon->now - link->credit_time) * rate);
	link->credit_time = daemon->now;
	if (link->credit > most)
		link->credit = most;
	if (link->credit < 1000000) {
		daemon->throttled = true;
		return false;
	}
	link->credit -= 1000000;
	return true;
}

/* A ring's request is done: its bytes are not needed any more. */
static void note_consumed(struct store *store, struct connection *connection)
{
	if (connection->journaled)
		record_add(&store->record, &(struct journal_item){
						   .kind = ITEM_CONSUMED,
						   .domid = connection->watches.domid,
						   .consumer = connection->consumer,
					   });
}

enum work { WORK_NONE, WORK_LATER, WORK_MORE };

static enum work work_one(struct daemon *daemon, struct link *link)
{
	struct connection *connection = link->connection;
	bool ready;
	int error;

	if (!connection_may_ask(&daemon->store, connection))
		return WORK_NONE; /* publishing the answers wakes it */
	error = link->page ? link_ring_read(daemon, link) : 0;
	if (!error)
		error = connection_ready(connection, &ready);
	if (error) {
		connection->broken = true;
		connection_mark(&daemon->store, connection);
		return WORK_NONE;
	}
	if (!ready) {
		if (link->page || !link->has_input)
			return WORK_NONE;
		if (!link_socket_read(daemon, link, connection_needs(connection)))
			return WORK_NONE;
		return WORK_MORE;
	}
	if (!take_credit(daemon, link))
		return WORK_LATER;
	link->calls = 0;
	connection_handle(&daemon->store, connection);
	note_consumed(&daemon->store, connection);
	connection_mark(&daemon->store, connection);
	return WORK_MORE;
}

bool link_work(struct daemon *daemon)
{
	struct link *link;
	bool more = false;

	/* A request may end other links of this turn: the list is where link_destroy() finds it. */
	daemon->turn = daemon->work;
	daemon->work = NULL;
	while ((link = daemon->turn) != NULL) {
		uint64_t asked = link->connection->requests;
		uint64_t share = link->connection->privileged ? SHARE_DOMAIN0 : SHARE_GUEST;
		enum work left = WORK_MORE;

		daemon->turn = link->next_work;
		link->working = false;
		while (left == WORK_MORE && link->connection->requests - asked < share)
			left = work_one(daemon, link);
		if (left != WORK_NONE)
			link_has_work(daemon, link);
		more |= left == WORK_MORE;
	}
	return more;
}

static void commit(struct daemon *daemon)
{
	int error = journal_file_commit(&daemon->journal, &daemon->store);

	if (error && !daemon->journal_lost)
		daemon_log("error",
			   "%s: cannot be written: %s; what follows does not survive a restart, "
			   "free some space there",
			   daemon->journal.path, strerror(-error));
	if (!error && daemon->journal_lost)
		daemon_log("notice", "%s: is written again", daemon->journal.path);
	daemon->journal_lost = error != 0;
}

static void close_broken(struct daemon *daemon, struct connection *connection)
{
	struct link *link = connection->link;

	if (link && !link->page) {
		link_destroy(daemon, connection);
		return;
	}
	/* A domain stays introduced; its kernel hears that its ring is no good. */
	if (link && link->page)
		__atomic_store_n(&link->page->error, XENSTORE_ERROR_RINGIDX, __ATOMIC_RELEASE);
}

void link_end_turn(struct daemon *daemon)
{
	struct store *store = &daemon->store;
	struct connection *dirty, *list;

	for (dirty = store->dirty; dirty; dirty = dirty->next_dirty) {
		if (!dirty->broken)
			connection_pump(store, dirty);
	}
	commit(daemon);
	/* Who has more to be told is marked anew, for the next turn. */
	list = store->dirty;
	store->dirty = NULL;
	while ((dirty = list) != NULL) {
		struct link *link = dirty->link;

		list = dirty->next_dirty;
		dirty->dirty = false;
		if (dirty->broken) {
			close_broken(daemon, dirty);
			continue;
		}
		if (!link)
			continue;
		if (link->page)
			link_ring_publish(daemon, link);
		else
			link_socket_publish(daemon, link);
	}
}
