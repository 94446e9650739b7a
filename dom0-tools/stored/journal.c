/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/journal.c - journal.h says what it is for. */
#include "dom0-tools/stored/journal.h"

#include <stdlib.h>
#include <string.h>

/* Which fields a kind has, in this order on the way out and in. */
enum {
	HAS_EDIT = 1,
	HAS_DOMID = 2,
	HAS_PORT = 4,
	HAS_CONSUMER = 8,
	HAS_PRODUCER = 16,
	HAS_NUMBER = 32,
	HAS_PATH = 64,
	HAS_VALUE = 128,
	HAS_PERMS = 256,
};

static const uint16_t fields[NR_ITEM_KINDS] = {
	[ITEM_EDIT] = HAS_EDIT | HAS_PATH | HAS_VALUE | HAS_PERMS,
	[ITEM_NODE] = HAS_NUMBER | HAS_PATH | HAS_VALUE | HAS_PERMS,
	[ITEM_INTRODUCE] = HAS_DOMID | HAS_PORT | HAS_CONSUMER | HAS_PRODUCER | HAS_NUMBER,
	[ITEM_RELEASE] = HAS_DOMID,
	[ITEM_GONE] = HAS_DOMID | HAS_NUMBER,
	[ITEM_TARGET] = HAS_DOMID | HAS_PORT,
	[ITEM_WATCH] = HAS_DOMID | HAS_PORT | HAS_NUMBER | HAS_PATH | HAS_VALUE,
	[ITEM_UNWATCH] = HAS_DOMID | HAS_PATH | HAS_VALUE,
	[ITEM_RESET] = HAS_DOMID,
	[ITEM_BEGIN] = HAS_DOMID | HAS_PORT,
	[ITEM_FINISH] = HAS_DOMID | HAS_PORT,
	[ITEM_INPUT] = HAS_DOMID | HAS_CONSUMER | HAS_VALUE,
	[ITEM_CONSUMED] = HAS_DOMID | HAS_CONSUMER,
	[ITEM_OUTPUT] = HAS_DOMID | HAS_VALUE,
	[ITEM_QUOTA] = HAS_DOMID | HAS_PORT | HAS_NUMBER,
	[ITEM_SHUT_DOWN] = HAS_DOMID | HAS_PORT,
	[ITEM_SNAPSHOT_END] = HAS_NUMBER,
};

static void put(struct record *record, const void *bytes, size_t length)
{
	if (record->failed || !length)
		return;
	if (record->length + length > record->room) {
		size_t room = (record->length + length) * 2 + 256;
		char *more = realloc(record->bytes, room);

		if (!more) {
			record->failed = true;
			return;
		}
		record->bytes = more;
		record->room = room;
	}
	memcpy(record->bytes + record->length, bytes, length);
	record->length += length;
}

static void put_text(struct record *record, const char *bytes, uint32_t length)
{
	put(record, &length, sizeof(length));
	put(record, bytes, length);
}

static void put_perms(struct record *record, const struct perm_list *perms)
{
	uint32_t count = perms ? perms->count : 0;

	put(record, &count, sizeof(count));
	if (perms)
		put(record, perms->entry, count * sizeof(perms->entry[0]));
}

void record_add(struct record *record, const struct journal_item *item)
{
	static const char no_header[RECORD_HEADER];
	uint16_t has = fields[item->kind];
	uint8_t kind = (uint8_t)item->kind;
	uint8_t edit = (uint8_t)(item->edit | item->implied << 7);

	if (!record->length)
		put(record, no_header, RECORD_HEADER);
	put(record, &kind, 1);
	if (has & HAS_EDIT)
		put(record, &edit, 1);
	if (has & HAS_DOMID)
		put(record, &item->domid, sizeof(item->domid));
	if (has & HAS_PORT)
		put(record, &item->port, sizeof(item->port));
	if (has & HAS_CONSUMER)
		put(record, &item->consumer, sizeof(item->consumer));
	if (has & HAS_PRODUCER)
		put(record, &item->producer, sizeof(item->producer));
	if (has & HAS_NUMBER)
		put(record, &item->number, sizeof(item->number));
	if (has & HAS_PATH)
		put_text(record, item->path.bytes, item->path.length);
	if (has & HAS_VALUE)
		put_text(record, item->value.bytes, item->value.length);
	if (has & HAS_PERMS)
		put_perms(record, item->perms);
}

/* CRC-32 of the reflected polynomial 0xedb88320, four bytes at a time. */
static uint32_t crc_table[4][256];

static void crc_prepare(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		crc_table[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int k = 1; k < 4; k++)
			crc_table[k][i] =
				crc_table[k - 1][i] >> 8 ^ crc_table[0][crc_table[k - 1][i] & 255];
	}
}

uint32_t journal_crc(uint32_t crc, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	if (!crc_table[0][1])
		crc_prepare();
	crc = ~crc;
	for (; length >= 4; length -= 4, at += 4) {
		uint32_t word;

		memcpy(&word, at, 4);
		crc ^= word;
		crc = crc_table[3][crc & 255] ^ crc_table[2][crc >> 8 & 255] ^
		      crc_table[1][crc >> 16 & 255] ^ crc_table[0][crc >> 24];
	}
	for (; length; length--, at++)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *at) & 255];
	return ~crc;
}

static uint32_t record_crc(uint32_t length, const char *sequence_and_items)
{
	return journal_crc(journal_crc(0, &length, sizeof(length)), sequence_and_items,
			   sizeof(uint64_t) + length);
}

void record_seal(struct record *record, uint64_t sequence)
{
	uint32_t length = (uint32_t)(record->length - RECORD_HEADER), crc;

	memcpy(record->bytes, &length, 4);
	memcpy(record->bytes + 8, &sequence, 8);
	crc = record_crc(length, record->bytes + 8);
	memcpy(record->bytes + 4, &crc, 4);
}

void record_clear(struct record *record)
{
	record->length = 0;
	record->failed = false;
}

void record_free(struct record *record)
{
	free(record->bytes);
	*record = (struct record){0};
}

void journal_header(char header[JOURNAL_HEADER], uint64_t first)
{
	memcpy(header, JOURNAL_MAGIC, sizeof(JOURNAL_MAGIC) - 1);
	memcpy(header + sizeof(JOURNAL_MAGIC) - 1, &first, sizeof(first));
}

bool journal_first(const char *bytes, size_t length, uint64_t *first)
{
	if (length < JOURNAL_HEADER || memcmp(bytes, JOURNAL_MAGIC, sizeof(JOURNAL_MAGIC) - 1) != 0)
		return false;
	memcpy(first, bytes + sizeof(JOURNAL_MAGIC) - 1, sizeof(*first));
	return true;
}

bool journal_record(const char *bytes, size_t length, size_t at, uint64_t sequence, size_t *end)
{
	uint32_t items, crc;
	uint64_t its_sequence;

	if (at > length || length - at < RECORD_HEADER)
		return false;
	memcpy(&items, bytes + at, 4);
	memcpy(&crc, bytes + at + 4, 4);
	memcpy(&its_sequence, bytes + at + 8, 8);
	if (!items || items > length - at - RECORD_HEADER || its_sequence != sequence ||
	    crc != record_crc(items, bytes + at + 8))
		return false;
	*end = at + RECORD_HEADER + items;
	return true;
}

struct reader {
	const char *bytes;
	size_t at, end;
	bool bad;
};

static void get(struct reader *reader, void *to, size_t length)
{
	if (reader->bad || length > reader->end - reader->at) {
		reader->bad = true;
		return;
	}
	memcpy(to, reader->bytes + reader->at, length);
	reader->at += length;
}

/* The place of `length` elements of `size` bytes that follow. */
static const char *get_bytes(struct reader *reader, uint32_t *length, size_t size)
{
	const char *place = reader->bytes;

	get(reader, length, sizeof(*length));
	if (reader->bad || *length > (reader->end - reader->at) / size) {
		reader->bad = true;
		*length = 0;
		return place;
	}
	place += reader->at;
	reader->at += *length * size;
	return place;
}

bool journal_item(const char *bytes, size_t end, size_t *at, struct journal_item *item)
{
	struct reader reader = {.bytes = bytes, .at = *at, .end = end};
	uint8_t kind = 0, edit = 0;
	uint16_t has;

	*item = (struct journal_item){0};
	get(&reader, &kind, 1);
	if (reader.bad || kind >= NR_ITEM_KINDS || !fields[kind])
		return false;
	item->kind = (enum journal_item_kind)kind;
	has = fields[kind];
	if (has & HAS_EDIT)
		get(&reader, &edit, 1);
	item->edit = edit & 127;
	item->implied = edit >> 7;
	if (has & HAS_DOMID)
		get(&reader, &item->domid, sizeof(item->domid));
	if (has & HAS_PORT)
		get(&reader, &item->port, sizeof(item->port));
	if (has & HAS_CONSUMER)
		get(&reader, &item->consumer, sizeof(item->consumer));
	if (has & HAS_PRODUCER)
		get(&reader, &item->producer, sizeof(item->producer));
	if (has & HAS_NUMBER)
		get(&reader, &item->number, sizeof(item->number));
	if (has & HAS_PATH)
		item->path.bytes = get_bytes(&reader, &item->path.length, 1);
	if (has & HAS_VALUE)
		item->value.bytes = get_bytes(&reader, &item->value.length, 1);
	if (has & HAS_PERMS)
		item->perm_bytes = get_bytes(&reader, &item->nr_perms, sizeof(struct store_perm));
	*at = reader.at;
	return !reader.bad;
}
