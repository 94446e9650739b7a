/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/e820.c - see e820.h.  Walks from one boundary of any entry
 * to the next and asks what holds between the two; a few dozen entries need
 * nothing faster.
 */
#include "xen-like/arch/x86/e820.h"

#define NOWHERE UINT64_MAX
#define NO_TYPE 0

static uint64_t entry_end(const struct e820_entry *entry)
{
	uint64_t end;

	if (__builtin_add_overflow(entry->start, entry->bytes, &end))
		return NOWHERE;
	return end;
}

static uint32_t entry_type(const struct e820_entry *entry)
{
	return entry->type == NO_TYPE ? E820_RESERVED : entry->type;
}

/* RAM gives way to everything. */
static uint32_t stronger(uint32_t a, uint32_t b)
{
	if (a == NO_TYPE || a == E820_RAM)
		return b == NO_TYPE ? a : b;
	if (b == NO_TYPE || b == E820_RAM)
		return a;
	return MAX(a, b);
}

static uint32_t type_at(const struct e820_entry *raw, uint32_t count, uint64_t at)
{
	uint32_t type = NO_TYPE;

	for (uint32_t i = 0; i < count; i++)
		if (raw[i].start <= at && at < entry_end(&raw[i]))
			type = stronger(type, entry_type(&raw[i]));
	return type;
}

/* The first start or end of an entry above `at`, or at it if `inclusive`. */
static uint64_t next_boundary(const struct e820_entry *raw, uint32_t count, uint64_t at,
			      bool inclusive)
{
	uint64_t next = NOWHERE;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t start = raw[i].start, end = entry_end(&raw[i]);

		if (raw[i].bytes == 0)
			continue;
		if (start > at || (inclusive && start == at))
			next = MIN(next, start);
		if (end > at)
			next = MIN(next, end);
	}
	return next;
}

uint32_t e820_arrange(const struct e820_entry *raw, uint32_t count, struct e820_entry *map,
		      uint32_t limit)
{
	uint64_t at = next_boundary(raw, count, 0, true);
	uint32_t used = 0;

	while (at != NOWHERE) {
		uint64_t next = next_boundary(raw, count, at, false);
		uint32_t type = type_at(raw, count, at);
		struct e820_entry *last = used > 0 ? &map[used - 1] : NULL;

		if (type != NO_TYPE && last && last->type == type && entry_end(last) == at)
			last->bytes += next - at;
		else if (type != NO_TYPE && used < limit)
			map[used++] = (struct e820_entry){at, next - at, type};
		at = next;
	}
	return used;
}

static bool page_is_ram(const struct e820_entry *map, uint32_t count, uint64_t page)
{
	for (uint32_t i = 0; i < count; i++)
		if (map[i].type == E820_RAM && map[i].start <= page &&
		    page + PAGE_SIZE <= entry_end(&map[i]))
			return true;
	return false;
}

static bool page_is_used(const struct e820_range *used, uint32_t count, uint64_t page)
{
	for (uint32_t i = 0; i < count; i++)
		if (used[i].start < page + PAGE_SIZE && page < used[i].end)
			return true;
	return false;
}

uint64_t e820_find_low_page(const struct e820_entry *map, uint32_t count,
			    const struct e820_range *used, uint32_t used_count)
{
	/* The first page is the BIOS' own: vectors and data. */
	for (uint64_t page = (1ull << 20) - PAGE_SIZE; page > 0; page -= PAGE_SIZE)
		if (page_is_ram(map, count, page) && !page_is_used(used, used_count, page))
			return page;
	return 0;
}
