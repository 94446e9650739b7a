/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/frame_tables.c - the tables with an entry for each frame: Enso's
 * records, and the m2p that guests read.
 */
#include "xen-like/arch/x86/boot_memory.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/console.h"
#include "xen-like/mm/frame.h"

static uint64_t ram_end(void)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < boot_info.e820_count; i++)
		if (boot_info.e820[i].type == E820_RAM)
			end = MAX(end, boot_info.e820[i].start + boot_info.e820[i].bytes);
	return round_down(end, PAGE_SIZE);
}

static bool any_ram(uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];

		if (entry->type == E820_RAM && entry->start < end &&
		    entry->start + entry->bytes > start)
			return true;
	}
	return false;
}

/* A table with an entry for each frame: who sees it where, and what says that there is no RAM. */
struct frame_table {
	uint64_t va, flags;
	uint64_t writable_va; /* 0: `va` is */
	uint64_t entry_bytes;
	uint64_t hole[2]; /* what an entry, or two of 8 bytes, is where no RAM is */
};

/* Whether a frame whose entry lies in these 2 MiB of the table is RAM. */
static bool part_has_ram(const struct frame_table *table, uint64_t part)
{
	uint64_t bytes = LARGE_2M / table->entry_bytes * PAGE_SIZE;

	return any_ram(part * bytes, (part + 1) * bytes);
}

static bool map_part(const struct frame_table *table, uint64_t part, uint64_t at, uint64_t hole)
{
	uint64_t va = table->va + part * LARGE_2M;

	for (uint64_t offset = 0; !at && offset < LARGE_2M; offset += PAGE_SIZE)
		if (!boot_map_leaf(va + offset, hole, table->flags & ~PTE_WRITE, 1))
			return false;
	if (at && !boot_map_leaf(va, at, table->flags, 2))
		return false;
	return !at || !table->writable_va ||
	       boot_map_leaf(table->writable_va + part * LARGE_2M, at, LEAF_DATA, 2);
}

static uint64_t parts_of(const struct frame_table *table)
{
	return round_up(frame_limit * table->entry_bytes, LARGE_2M) / LARGE_2M;
}

static void fill(uint64_t va, uint64_t bytes, const uint64_t words[2])
{
	uint64_t *to = (uint64_t *)va;

	for (uint64_t i = 0; i < bytes / sizeof(words[0]); i++)
		to[i] = words[i % 2];
}

/*
 * Memory of its own where there is RAM; where there is none - below 4 GiB that may be
 * more than a machine has - one page stands for all, and nobody can write to it.
 */
static void map_table(const struct frame_table *table)
{
	/* Filled now, when no more than 4 GiB can be reached. */
	uint64_t hole = boot_take(PAGE_SIZE, PAGE_SIZE, 4ull << 30), with_ram = 0, at;

	fill(DIRECT_MAP_START + hole, PAGE_SIZE, table->hole);
	for (uint64_t part = 0; part < parts_of(table); part++)
		with_ram += part_has_ram(table, part);
	at = boot_take(with_ram * LARGE_2M, LARGE_2M, ~0ull);
	for (uint64_t part = 0; part < parts_of(table); part++) {
		uint64_t own = part_has_ram(table, part) ? at : 0;

		if (!map_part(table, part, own, hole))
			boot_fail("not enough memory for page tables");
		at += own ? LARGE_2M : 0;
	}
}

static void fill_table(const struct frame_table *table)
{
	uint64_t va = table->writable_va ? table->writable_va : table->va;

	for (uint64_t part = 0; part < parts_of(table); part++)
		if (part_has_ram(table, part))
			fill(va + part * LARGE_2M, LARGE_2M, table->hole);
}

/* The second word of a record begins with its owner. */
_Static_assert(offsetof(struct frame, owner) == 8 && sizeof(struct frame) == 16, "frame_table");

static const struct frame_table frame_table = {
	.va = FRAME_TABLE_START,
	.flags = LEAF_DATA,
	.entry_bytes = sizeof(struct frame),
	.hole = {FRAME_RESERVED, DOMID_IO},
};

static const struct frame_table m2p_table = {
	.va = M2P_START,
	.flags = LEAF | PTE_USER | PTE_NO_EXECUTE,
	.writable_va = M2P_WRITABLE_START,
	.entry_bytes = sizeof(uint64_t),
	.hole = {M2P_INVALID, M2P_INVALID},
};

void frame_tables_map(void)
{
	frame_limit = ram_end() >> PAGE_SHIFT;
	map_table(&frame_table);
	map_table(&m2p_table);
}

void frame_tables_own(void)
{
	fill_table(&frame_table);
	fill_table(&m2p_table);
	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];
		uint64_t first = MAX(round_up(entry->start, PAGE_SIZE), MIB) >> PAGE_SHIFT;
		uint64_t limit = (entry->start + entry->bytes) >> PAGE_SHIFT;

		if (entry->type != E820_RAM)
			continue;
		for (uint64_t n = first; n < limit; n++)
			frame_of(mfn(n))->owner = DOMID_XEN;
	}
}
