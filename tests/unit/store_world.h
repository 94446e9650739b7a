/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/store_world.h - a whole store without a world: its domains' rings
 * are connections that nobody reads, and its journal is memory.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/replay.h"

struct memory_journal {
	char *bytes;
	size_t length;
	uint64_t sequence;
};

static inline void journal_append(struct memory_journal *journal, struct record *record)
{
	if (record_empty(record)) {
		record_clear(record);
		return;
	}
	record_seal(record, ++journal->sequence);
	journal->bytes = realloc(journal->bytes, journal->length + record->length);
	memcpy(journal->bytes + journal->length, record->bytes, record->length);
	journal->length += record->length;
	record_clear(record);
}

static inline int journal_snapshot_record(void *context, struct record *record)
{
	journal_append(context, record);
	return 0;
}

/* A journal that begins with the store as it is, and with this number. */
static inline struct memory_journal journal_from(struct store *store, uint64_t first)
{
	struct memory_journal journal = {
		.bytes = malloc(JOURNAL_HEADER), .length = JOURNAL_HEADER, .sequence = first - 1};

	journal_header(journal.bytes, first);
	store_snapshot(store, journal_snapshot_record, &journal);
	return journal;
}

static inline struct memory_journal journal_of(struct store *store)
{
	return journal_from(store, 0xfffffffffffffff0);
}

static inline int world_introduce(struct store *store, struct account *account)
{
	if (account->connection)
		connection_close(store, account->connection);
	account->connection = connection_open(store, account->domid);
	account->connection->journaled = true;
	record_add(&store->record, &(struct journal_item){
					   .kind = ITEM_INTRODUCE,
					   .domid = account->domid,
					   .number = account->frame,
					   .port = account->port,
				   });
	return 0;
}

static inline void world_release(struct store *store, struct account *account)
{
	connection_close(store, account->connection);
	account->connection = NULL;
	record_add(&store->record,
		   &(struct journal_item){.kind = ITEM_RELEASE, .domid = account->domid});
}

static const struct store_ports world_ports = {world_introduce, world_release, NULL};

/* Hands a request over; its answer stays in connection->out. */
static inline void world_ask(struct store *store, struct connection *connection, uint32_t type,
			     uint32_t transaction, const void *payload, size_t length)
{
	struct xsd_sockmsg header = {type, 1, transaction, (uint32_t)length};

	memcpy(connection->in, &header, sizeof(header));
	memcpy(connection->in + sizeof(header), payload, length);
	connection->in_length = sizeof(header) + length;
	connection_handle(store, connection);
	if (connection->journaled)
		record_add(&store->record, &(struct journal_item){
						   .kind = ITEM_CONSUMED,
						   .domid = connection->watches.domid,
					   });
}

static inline void world_read_all(struct store *store, struct connection *connection)
{
	do {
		connection->out.head = connection->out.tail = 0;
		connection->out.messages = 0;
		connection_pump(store, connection);
	} while (connection->out.tail);
}
