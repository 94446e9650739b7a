// needs: dom0-tools/stored/[aceistw]*.c dom0-tools/stored/re*.c dom0-tools/stored/journal.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_store_journal.c - a store out of its journal: after every
 * record, cut at every byte, with every byte flipped.
 */
#include <errno.h>

#include "tests/unit/check.h"
#include "tests/unit/store_world.h"

#define MOST_RECORDS 256

static struct store store;
static struct memory_journal journal;
static char *states[MOST_RECORDS]; /* after the record that ends at... */
static size_t ends[MOST_RECORDS];
static int nr_states;

struct text_room {
	char *text;
	size_t length, room;
};

static int collect(void *context, struct record *record)
{
	struct text_room *all = context;
	size_t more = record->length - RECORD_HEADER;

	all->text = realloc(all->text, all->length + more);
	memcpy(all->text + all->length, record->bytes + RECORD_HEADER, more);
	all->length += more;
	return 0;
}

static int compare_items(const void *one, const void *two)
{
	return strcmp(*(char *const *)one, *(char *const *)two);
}

/* All that a snapshot says, in lines sorted; generations left out: only their order counts. */
static char *describe(struct store *of)
{
	struct text_room all = {0}, out = {.text = calloc(1, 1 << 16), .room = 1 << 16};
	char *lines[512];
	size_t count = 0, at = 0;
	struct journal_item item;

	store_snapshot(of, collect, &all);
	while (at < all.length && journal_item(all.text, all.length, &at, &item) && count < 512) {
		char line[512];

		if (item.kind == ITEM_SNAPSHOT_END || item.kind == ITEM_OUTPUT)
			continue;
		if (item.kind == ITEM_NODE || item.kind == ITEM_GONE)
			item.number = 0;
		snprintf(line, sizeof(line), "%d %u %u %u %llu %.*s=%.*s %u:%u", item.kind,
			 item.domid, item.port, item.consumer, (unsigned long long)item.number,
			 (int)item.path.length, item.path.bytes ? item.path.bytes : "",
			 (int)item.value.length, item.value.bytes ? item.value.bytes : "",
			 item.nr_perms, journal_crc(0, item.perm_bytes, item.nr_perms * 4));
		lines[count++] = strdup(line);
	}
	qsort(lines, count, sizeof(lines[0]), compare_items);
	for (size_t i = 0; i < count; i++) {
		out.length += (size_t)snprintf(out.text + out.length, out.room - out.length, "%s\n",
					       lines[i]);
		free(lines[i]);
	}
	free(all.text);
	return out.text;
}

static void commit(void)
{
	journal_append(&journal, &store.record);
	if (nr_states && ends[nr_states - 1] == journal.length)
		return;
	states[nr_states] = describe(&store);
	ends[nr_states++] = journal.length;
}

#define ASK(connection, type, transaction, words)                                                  \
	(world_ask(&store, connection, type, transaction, words, sizeof(words) - 1), commit())

/* A history with everything in it that the journal has words for. */
static void make_history(void)
{
	struct connection *tool, *guest;

	EXPECT_EQUAL(store_start(&store, &world_ports), 0);
	journal = journal_of(&store);
	nr_states = 0;
	commit();
	tool = connection_open(&store, 0);
	ASK(tool, XS_WRITE, 0, "/a/b/c\0value");
	ASK(tool, XS_MKDIR, 0, "/local/domain/7\0");
	ASK(tool, XS_SET_PERMS, 0, "/local/domain/7\0n7\0r3\0");
	ASK(tool, XS_INTRODUCE, 0,
	    "7\0"
	    "99\0"
	    "5\0");
	ASK(tool, XS_INTRODUCE, 0,
	    "8\0"
	    "98\0"
	    "6\0");
	guest = account_find(&store.accounts, 7)->connection;
	ASK(guest, XS_WATCH, 0, "control\0t\0");
	ASK(guest, XS_WATCH, 0, "data\0u\0");
	ASK(guest, XS_UNWATCH, 0, "data\0u\0");
	ASK(guest, XS_WRITE, 0, "data/x\0guest");
	ASK(guest, XS_TRANSACTION_START, 0, "\0");
	ASK(guest, XS_WRITE, 1, "data/y\0later");
	ASK(guest, XS_RM, 1, "data/x\0");
	ASK(guest, XS_TRANSACTION_END, 1, "T\0");
	ASK(guest, XS_TRANSACTION_START, 0, "\0");
	ASK(tool, XS_SET_TARGET, 0,
	    "8\0"
	    "7\0");
	ASK(tool, XS_CONTROL, 0,
	    "quota\0set\0nodes\0"
	    "9\0"
	    "7\0");
	ASK(tool, XS_RM, 0, "/a/b\0");
	ASK(tool, XS_RELEASE, 0, "8\0");
	ASK(tool, XS_WRITE, 0, "/a/z\0");
}

static void end_history(void)
{
	for (int i = 0; i < nr_states; i++)
		free(states[i]);
	free(journal.bytes);
	store_end(&store);
}

/* Replays; the text of what came out, NULL: nothing. */
static char *replay(const char *bytes, size_t length, struct replayed *replayed)
{
	struct store again;
	char *text = NULL;
	int error;

	EXPECT_EQUAL(store_start(&again, &world_ports), 0);
	error = store_replay(&again, bytes, length, replayed);
	if (!error) {
		EXPECT(store_check(&again) == NULL);
		text = describe(&again);
	} else {
		EXPECT_EQUAL(error, -ENODATA);
	}
	store_end(&again);
	return text;
}

/* The state after the last record that ends at or before `length`; NULL: before the first. */
static const char *state_at(size_t length)
{
	const char *state = NULL;

	for (int i = 0; i < nr_states && ends[i] <= length; i++)
		state = states[i];
	return state;
}

static bool same(const char *got, const char *wanted)
{
	return got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
}

static void test_every_cut(void)
{
	struct replayed replayed;

	make_history();
	EXPECT(nr_states > 15);
	for (size_t length = 0; length <= journal.length; length++) {
		/* Of its own size, so that reading beyond it is seen. */
		char *bytes = malloc(length + 1), *got;

		memcpy(bytes, journal.bytes, length);
		bytes = realloc(bytes, length ? length : 1);
		got = replay(bytes, length, &replayed);
		EXPECT(same(got, state_at(length)));
		free(got);
		free(bytes);
	}
	end_history();
}

/* A record with a flipped byte, and all after it, never happened. */
static void test_every_flip(void)
{
	struct replayed replayed;
	size_t record_start = 0;

	make_history();
	for (size_t at = 0; at < journal.length; at++) {
		char *got;

		for (int i = 0; i < nr_states; i++) {
			if (ends[i] <= at)
				record_start = ends[i];
		}
		journal.bytes[at] ^= (char)(1 << at % 8);
		got = replay(journal.bytes, journal.length, &replayed);
		EXPECT(same(got, state_at(record_start)));
		free(got);
		journal.bytes[at] ^= (char)(1 << at % 8);
	}
	end_history();
}

/* A file used again holds an older journal's records behind its own: not for it. */
static void test_older_records(void)
{
	struct replayed replayed;
	struct memory_journal second;
	struct store first;
	char *got;

	make_history();
	EXPECT_EQUAL(store_start(&first, &world_ports), 0);
	second = journal_from(&first, 1234567);
	store_end(&first);
	/* As long as the snapshot there: what follows is where a record begins. */
	EXPECT_EQUAL(second.length, ends[0]);
	memcpy(journal.bytes, second.bytes, second.length);
	got = replay(journal.bytes, journal.length, &replayed);
	EXPECT(same(got, states[0]));
	EXPECT_EQUAL(replayed.good, second.length);
	free(got);
	free(second.bytes);
	end_history();
}

/* The journal of a replayed store says the same again. */
static void test_snapshot_of_replay(void)
{
	struct replayed replayed;
	struct memory_journal second;
	struct store again;
	char *first, *text;

	make_history();
	EXPECT_EQUAL(store_start(&again, &world_ports), 0);
	EXPECT_EQUAL(store_replay(&again, journal.bytes, journal.length, &replayed), 0);
	EXPECT_EQUAL(replayed.good, journal.length);
	first = describe(&again);
	second = journal_of(&again);
	store_end(&again);
	text = replay(second.bytes, second.length, &replayed);
	EXPECT(same(text, first) && same(text, states[nr_states - 1]));
	free(first);
	free(text);
	free(second.bytes);
	end_history();
}

/* An open transaction of a ring is there after a restart, and must fail. */
static void test_doomed(void)
{
	struct replayed replayed;
	struct store again;
	struct connection *guest;
	struct xsd_sockmsg header;

	make_history();
	EXPECT_EQUAL(store_start(&again, &world_ports), 0);
	EXPECT_EQUAL(store_replay(&again, journal.bytes, journal.length, &replayed), 0);
	guest = account_find(&again.accounts, 7)->connection;
	guest->out.head = guest->out.tail = 0;
	world_ask(&again, guest, XS_WRITE, 2, "data/q\0v", 8);
	world_ask(&again, guest, XS_TRANSACTION_END, 2, "T\0", 2);
	memcpy(&header, guest->out.bytes, sizeof(header));
	EXPECT_EQUAL(header.type, XS_WRITE);
	memcpy(&header, guest->out.bytes + sizeof(header) + header.len, sizeof(header));
	EXPECT_EQUAL(header.type, XS_ERROR);
	EXPECT(memcmp(guest->out.bytes + guest->out.tail - 7, "EAGAIN", 7) == 0);
	store_end(&again);
	end_history();
}

int main(void)
{
	RUN(test_every_cut);
	RUN(test_every_flip);
	RUN(test_older_records);
	RUN(test_snapshot_of_replay);
	RUN(test_doomed);
	return check_result();
}
