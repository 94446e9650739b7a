/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_store_journal.c - any bytes as items of a journal with right
 * checksums, and any bytes as a journal: a store that agrees with itself comes
 * out, or nothing.
 */
#include "tests/unit/store_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void replay(const char *bytes, size_t length)
{
	struct replayed replayed;
	struct store store;

	if (store_start(&store, &world_ports))
		return;
	store_replay(&store, bytes, length, &replayed);
	if (store_check(&store))
		abort();
	store_end(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct memory_journal journal;
	struct record record = {0};
	struct store store;

	if (store_start(&store, &world_ports))
		return 0;
	journal = journal_of(&store);
	store_end(&store);
	record.bytes = malloc(RECORD_HEADER + bytes);
	record.length = RECORD_HEADER + bytes;
	memcpy(record.bytes + RECORD_HEADER, data, bytes);
	journal_append(&journal, &record);
	replay(journal.bytes, journal.length);
	replay((const char *)data, bytes);
	free(record.bytes);
	free(journal.bytes);
	return 0;
}
