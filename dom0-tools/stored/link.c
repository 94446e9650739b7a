/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/link.c - each client its share, then the journal, then answers.  See link.h. */
#include "dom0-tools/stored/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Requests of one client before the next one's, which waits for no more than that. */
#define SHARE_DOMAIN0 16
#define SHARE_GUEST   1

#define COMPACT_EVERY 100000u /* microseconds */

/* Per cent: the kernel's part of waking us, and the switches to us and back, are not our time. */
#define OVERHEAD     220u
#define CHARGE_MOST  10000000u	   /* ns */
#define ELAPSED_MOST 1000000000ull /* microseconds; keeps products in range */

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

static uint64_t process_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void link_charge(struct daemon *daemon, struct link *link)
{
	uint64_t now = process_time(), spent = now - daemon->charged;

	/* More than that is a long work for all, or none of ours: nobody's fault. */
	if (spent > CHARGE_MOST)
		spent = CHARGE_MOST;
	if (link && daemon->charged && !link->connection->privileged)
		link->time_left -= (int64_t)(spent * OVERHEAD / 100);
	daemon->charged = now;
}

/* What was not used for a while may be used at once, up to a bound. */
static void fill(int64_t *left, uint64_t elapsed, uint64_t rate, int64_t most)
{
	*left += (int64_t)(elapsed * rate);
	if (*left > most || !rate)
		*left = most;
}

bool link_has_credit(struct daemon *daemon, struct link *link)
{
	const struct accounts *accounts = &daemon->store.accounts;
	const struct account *account = connection_account(&daemon->store, link->connection);
	uint32_t rate = account_quota(accounts, account, QUOTA_RATE);
	uint32_t time = account_quota(accounts, account, QUOTA_TIME);
	uint64_t elapsed = daemon->now - link->credit_time;

	if (link->connection->privileged)
		return true;
	/* A first or late one has all it may have saved. */
	if (!link->credit_time || elapsed > ELAPSED_MOST)
		elapsed = ELAPSED_MOST;
	link->credit_time = daemon->now;
	fill(&link->credit, elapsed, rate,
	     (int64_t)account_quota(accounts, account, QUOTA_BURST) * 1000000);
	fill(&link->time_left, elapsed, time,
	     (int64_t)account_quota(accounts, account, QUOTA_TIME_SAVED) * 1000000);
	if ((rate && link->credit < 1000000) || (time && link->time_left <= 0)) {
		daemon->throttled = true;
		return false;
	}
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
	if (!link_has_credit(daemon, link))
		return WORK_LATER;
	link->credit -= 1000000;
	link->calls = 0;
	connection_handle(&daemon->store, connection);
	note_consumed(&daemon->store, connection);
	connection_mark(&daemon->store, connection);
	return WORK_MORE;
}

/* A client's share of requests; true: it has more. */
static bool work_share(struct daemon *daemon, struct link *link)
{
	uint64_t asked = link->connection->requests;
	uint64_t share = link->connection->privileged ? SHARE_DOMAIN0 : SHARE_GUEST;
	enum work left = WORK_MORE;

	while (left == WORK_MORE && link->connection->requests - asked < share)
		left = work_one(daemon, link);
	/* Who waits does not pay for being looked at: it would never get out of debt. */
	if (left == WORK_LATER && link->connection->requests == asked)
		link_charge(daemon, NULL);
	else
		link_charge(daemon, link);
	if (left != WORK_NONE)
		link_has_work(daemon, link);
	return left == WORK_MORE;
}

bool link_work(struct daemon *daemon)
{
	struct link *link;
	bool more = false;

	/* A request may end other links of this turn: the list is where link_destroy() finds it. */
	daemon->turn = daemon->work;
	daemon->work = NULL;
	while ((link = daemon->turn) != NULL) {
		daemon->turn = link->next_work;
		link->working = false;
		if (daemon->holding) {
			link_has_work(daemon, link);
			more = true;
			continue;
		}
		more |= work_share(daemon, link);
		/* Answered at once: nobody waits for the requests of who comes next. */
		link_end_turn(daemon);
	}
	return more;
}

bool link_journal_room(struct daemon *daemon)
{
	int error = journal_file_room(&daemon->journal);

	/* Perhaps much of it is no longer needed; but a snapshot is long work. */
	if (error && daemon->now - daemon->compacted > COMPACT_EVERY) {
		daemon->compacted = daemon->now;
		if (!journal_file_rotate(&daemon->journal, &daemon->store))
			error = journal_file_room(&daemon->journal);
	}
	if (error && !daemon->journal_full)
		daemon_log("error", "%s: %s; changes are refused, free some space there",
			   daemon->journal.path, strerror(-error));
	if (!error && daemon->journal_full)
		daemon_log("notice", "%s: has room again", daemon->journal.path);
	daemon->journal_full = error != 0;
	return !error;
}

/* What is not in the journal is not answered: until it is, everybody waits. */
static bool commit(struct daemon *daemon)
{
	int error = journal_file_commit(&daemon->journal, &daemon->store);

	if (error && !daemon->holding)
		daemon_log("error", "%s: cannot be written: %s; all wait, free some space there",
			   daemon->journal.path, strerror(-error));
	if (!error && daemon->holding)
		daemon_log("notice", "%s: is written again", daemon->journal.path);
	daemon->holding = error != 0;
	return !error;
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
	if (!commit(daemon))
		return;
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
		link_charge(daemon, link);
	}
}
