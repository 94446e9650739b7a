/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/journal.h - the bytes of the journal: records of what has
 * happened, each whole or not there at all.
 *
 *	file:   magic[8], u64 sequence of the first record, then records
 *	record: u32 length of the items, u32 CRC of length, sequence and items,
 *		u64 sequence, one more than the last record's, items
 *	item:   u8 kind, then its fields: numbers little-endian, texts as u32
 *		length and bytes, permissions as u32 count and {u16, u16}
 *
 * The first record that does not fit the rules ends the journal.  A snapshot is
 * the start of a new file, closed by an item SNAPSHOT_END; a file without that
 * item is empty.  Each file begins at a random sequence: behind its last record
 * may lie what an earlier file held there, a guest's bytes among it, and none of
 * that is ever the record that would be next.  Pure; the file is journal_file.c's.
 */
#pragma once

#include "dom0-tools/stored/edit.h"

#define JOURNAL_MAGIC  "ENSOST02"
#define JOURNAL_HEADER 16u
#define RECORD_HEADER  16u

enum journal_item_kind {
	ITEM_EDIT = 1,	   /* kind, path, value, perms                                */
	ITEM_NODE,	   /* of a snapshot: path, value, perms, number = generation  */
	ITEM_INTRODUCE,	   /* domid, number = frame, port, consumer, producer         */
	ITEM_RELEASE,	   /* domid: the ring is let go                               */
	ITEM_GONE,	   /* domid: dead; number = generation                        */
	ITEM_TARGET,	   /* domid, port = target                                    */
	ITEM_WATCH,	   /* domid, path, value = token, number = relative, port = depth */
	ITEM_UNWATCH,	   /* domid, path, value = token                              */
	ITEM_RESET,	   /* domid: all watches gone                                 */
	ITEM_BEGIN,	   /* domid, port = transaction                               */
	ITEM_FINISH,	   /* domid, port = transaction                               */
	ITEM_INPUT,	   /* domid, consumer, value = a part of a message, kept      */
	ITEM_CONSUMED,	   /* domid, consumer: requests before it are done            */
	ITEM_OUTPUT,	   /* domid, value = bytes for its ring                       */
	ITEM_QUOTA,	   /* domid or DOMID_NONE, port = quota, number               */
	ITEM_SHUT_DOWN,	   /* domid, port = 0 or 1                                    */
	ITEM_SNAPSHOT_END, /* number = generation                                    */
	NR_ITEM_KINDS,
};

/* One item, taken apart; what its kind does not have is zero. */
struct journal_item {
	enum journal_item_kind kind;
	uint8_t edit;
	bool implied;
	uint16_t domid;
	uint32_t port, consumer, producer;
	uint64_t number;
	struct {
		const char *bytes;
		uint32_t length;
	} path, value;
	const struct perm_list *perms; /* when written                */
	uint32_t nr_perms;	       /* when read: in struct store_perm's shape */
	const char *perm_bytes;
};

/* A record being made; `failed`: memory ran out, it must not be written. */
struct record {
	char *bytes; /* RECORD_HEADER, then items */
	size_t length, room;
	bool failed;
};

void record_add(struct record *record, const struct journal_item *item);
static inline bool record_empty(const struct record *record)
{
	return record->length <= RECORD_HEADER;
}
/* Fills the header in.  The record is record->bytes[0, record->length). */
void record_seal(struct record *record, uint64_t sequence);
void record_clear(struct record *record);
void record_free(struct record *record);

void journal_header(char header[JOURNAL_HEADER], uint64_t first);
/* The sequence of the first record; false: these bytes are no journal. */
bool journal_first(const char *bytes, size_t length, uint64_t *first);

uint32_t journal_crc(uint32_t crc, const void *bytes, size_t length);

/*
 * The record at bytes[at]: its items are bytes[at + RECORD_HEADER, *end).
 * False: there is none, the journal ends here.
 */
bool journal_record(const char *bytes, size_t length, size_t at, uint64_t sequence, size_t *end);
/* Takes the item at bytes[*at] apart and moves on; false: it is malformed. */
bool journal_item(const char *bytes, size_t end, size_t *at, struct journal_item *item);
