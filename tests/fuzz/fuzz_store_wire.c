/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_store_wire.c - any requests of a guest and of domain 0: nothing
 * may be touched out of bounds, all lists agree afterwards, the guest stays
 * within its quotas, and the journal of it all gives the same store.
 */
#include "tests/unit/store_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char *const starters[] = {
	"",
	"/\0",
	"/a\0",
	"data/x\0",
	"/local/domain/7/data\0",
	"T\0",
	"7\0009\0005\0",
	"/a\0n0\0r7\0",
	"data\0n7\0b8\0",
	"data\0t\0",
	"@releaseDomain\0t\0",
	"quota\0set\0nodes\0003\0007\0",
};

/* Type, transaction, how it begins, how much follows; then that. */
static void one_request(struct store *store, struct connection *connection, const uint8_t **data,
			const uint8_t *end)
{
	static const uint8_t lengths[] = {0, 2, 3, 7, 21, 2, 6, 9, 11, 7, 17, 20};
	char payload[XENSTORE_PAYLOAD_MAX];
	uint8_t type = (*data)[0] % 26, transaction = (*data)[1] & 3;
	size_t starter = (*data)[2] % 12, more = (*data)[3] % 64;

	*data += 4;
	if (more > (size_t)(end - *data))
		more = (size_t)(end - *data);
	memcpy(payload, starters[starter], lengths[starter]);
	memcpy(payload + lengths[starter], *data, more);
	*data += more;
	world_ask(store, connection, type, transaction, payload, lengths[starter] + more);
	world_read_all(store, connection);
}

static void check_replay(const struct store *store, const struct memory_journal *journal)
{
	struct replayed replayed;
	struct store again;

	if (store_start(&again, &world_ports) ||
	    store_replay(&again, journal->bytes, journal->length, &replayed) ||
	    replayed.good != journal->length || store_check(&again) ||
	    again.tree.nodes.count != store->tree.nodes.count)
		abort();
	store_end(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const uint8_t *end = data + bytes;
	struct connection *tool;
	struct memory_journal journal;
	struct store store;

	if (store_start(&store, &world_ports))
		return 0;
	journal = journal_of(&store);
	tool = connection_open(&store, 0);
	world_ask(&store, tool, XS_MKDIR, 0, "/local/domain/7\0", 16);
	world_ask(&store, tool, XS_SET_PERMS, 0, "/local/domain/7\0n7\0", 19);
	world_ask(&store, tool, XS_INTRODUCE, 0, "7\0001\0001\0", 6);
	world_ask(&store, tool, XS_CONTROL, 0, "quota\0set\0nodes\0005\0007\0", 20);
	journal_append(&journal, &store.record);
	while (end - data >= 5) {
		bool guest = *data++ & 1;
		struct account *account = account_find(&store.accounts, 7);

		world_read_all(&store, tool);
		if (guest && account->connection)
			one_request(&store, account->connection, &data, end);
		else
			one_request(&store, tool, &data, end);
		journal_append(&journal, &store.record);
	}
	if (store_check(&store))
		abort();
	check_replay(&store, &journal);
	free(journal.bytes);
	store_end(&store);
	return 0;
}
