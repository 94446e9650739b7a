/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/paging.c - see paging.h.
 *
 * Until the heap exists, pages come from the top of RAM below 4 GiB, which
 * boot.S has mapped; what was taken is remembered and kept out of the heap.
 */
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/pte.h"

#define MIB	  (1ull << 20)
#define GIB	  (1ull << 30)
#define LARGE_2M  (1ull << 21)
#define LINK	  (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)
#define LEAF	  (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL)
#define LEAF_DATA (LEAF | PTE_WRITE | PTE_NO_EXECUTE)

extern char image_start[], text_start[], text_end[], rodata_end[], image_end[];

/* Before the heap ---------------------------------------------------------- */

struct range {
	uint64_t start, end;
};

static struct range taken[BOOT_MODULES_MAX + 32];
static unsigned int taken_count;

static void take(uint64_t start, uint64_t end)
{
	if (taken_count > 0 && taken[taken_count - 1].start == end) {
		taken[taken_count - 1].start = start;
		return;
	}
	if (taken_count == ARRAY_SIZE(taken))
		boot_fail("too many pieces of memory are in use at boot");
	taken[taken_count++] = (struct range){start, end};
}

/* The highest [x, x + bytes) in a RAM range that avoids what is taken; 0: none. */
static uint64_t fit(const struct e820_entry *entry, uint64_t bytes, uint64_t align, uint64_t limit)
{
	uint64_t end = MIN(entry->start + entry->bytes, limit);
	bool moved = true;

	while (moved) {
		uint64_t start;

		if (end < entry->start + bytes || end < bytes)
			return 0;
		start = (end - bytes) & ~(align - 1);
		if (start < entry->start || start < MIB)
			return 0;
		moved = false;
		for (unsigned int i = 0; i < taken_count; i++) {
			if (start < taken[i].end && start + bytes > taken[i].start) {
				end = taken[i].start;
				moved = true;
			}
		}
		if (!moved)
			return start;
	}
	return 0;
}

static uint64_t boot_take(uint64_t bytes, uint64_t align, uint64_t limit)
{
	uint64_t best = 0;

	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];
		uint64_t at = entry->type == E820_RAM ? fit(entry, bytes, align, limit) : 0;

		best = MAX(best, at);
	}
	if (best == 0)
		boot_fail("not enough memory for Enso itself: %llu KiB in one piece are missing",
			  (unsigned long long)(bytes >> 10));
	take(best, best + bytes);
	return best;
}

/* Tables ------------------------------------------------------------------- */

static uint64_t *root;
static bool heap_ready;

static uint64_t *table_new(void)
{
	uint64_t *table;

	if (heap_ready)
		return heap_alloc_pages(0);
	table = (uint64_t *)(DIRECT_MAP_START + boot_take(PAGE_SIZE, PAGE_SIZE, 4 * GIB));
	memset(table, 0, PAGE_SIZE);
	return table;
}

/* The table one level down, made if it is missing; NULL: no memory. */
static uint64_t *table_below(uint64_t *entry, uint64_t link)
{
	uint64_t *table;

	if (!(*entry & PTE_PRESENT)) {
		table = table_new();
		if (!table)
			return NULL;
		*entry = pte_make(frame_of_mapped(table), link);
	}
	return frame_map(pte_frame(*entry));
}

/* One leaf at `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB). */
static bool map_leaf(uint64_t va, uint64_t address, uint64_t flags, unsigned int level)
{
	uint64_t link = LINK | (flags & PTE_USER);
	uint64_t *table = root;

	for (unsigned int at = 4; at > level; at--) {
		table = table_below(&table[table_index(va, at)], link);
		if (!table)
			return false;
	}
	table[table_index(va, level)] = address | flags | (level > 1 ? PTE_LARGE : 0);
	return true;
}

static bool map_range(uint64_t va, uint64_t address, uint64_t bytes, uint64_t flags)
{
	while (bytes > 0) {
		unsigned int level = 1;
		uint64_t size = PAGE_SIZE;

		if (!((va | address) & (LARGE_2M - 1)) && bytes >= LARGE_2M) {
			level = 2;
			size = LARGE_2M;
		}
		if (cpu_features.pages_1g && !((va | address) & (GIB - 1)) && bytes >= GIB) {
			level = 3;
			size = GIB;
		}
		if (!map_leaf(va, address, flags, level))
			return false;
		va += size;
		address += size;
		bytes -= MIN(size, bytes);
	}
	return true;
}

static void map_section(const char *start, const char *end, uint64_t flags)
{
	if (!map_range((uint64_t)start, (uint64_t)start - IMAGE_START, (uint64_t)(end - start),
		       flags))
		boot_fail("not enough memory for page tables");
}

static void map_image(void)
{
	map_section(text_start, text_end, LEAF);
	map_section(text_end, rodata_end, LEAF | PTE_NO_EXECUTE);
	map_section(rodata_end, image_end, LEAF_DATA);
}

static uint64_t round_down(uint64_t value, uint64_t unit)
{
	return value & ~(unit - 1);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return round_down(value + unit - 1, unit);
}

/* RAM, what the firmware keeps tables in, and the first MiB. */
static void map_direct(void)
{
	bool done = map_range(DIRECT_MAP_START, 0, MIB, LEAF_DATA);
	uint64_t mapped = MIB; /* neighbours may share a page: it is mapped once */

	for (uint32_t i = 0; done && i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];
		uint64_t start = round_down(entry->start, PAGE_SIZE);
		uint64_t end = round_up(entry->start + entry->bytes, PAGE_SIZE);

		if (entry->type != E820_RAM && entry->type != E820_ACPI && entry->type != E820_NVS)
			continue;
		start = MAX(start, mapped);
		end = MIN(end, DIRECT_MAP_END - DIRECT_MAP_START);
		if (start >= end)
			continue;
		done = map_range(DIRECT_MAP_START + start, start, end - start, LEAF_DATA);
		mapped = end;
	}
	if (!done)
		boot_fail("not enough memory for page tables");
}

/* Frame table and m2p -------------------------------------------------------- */

static uint64_t ram_end(void)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < boot_info.e820_count; i++)
		if (boot_info.e820[i].type == E820_RAM)
			end = MAX(end, boot_info.e820[i].start + boot_info.e820[i].bytes);
	return round_down(end, PAGE_SIZE);
}

static void map_frame_tables(void)
{
	uint64_t frames_bytes, m2p_bytes, at;

	frame_limit = ram_end() >> PAGE_SHIFT;
	frames_bytes = round_up(frame_limit * sizeof(struct frame), PAGE_SIZE);
	at = boot_take(frames_bytes, LARGE_2M, ~0ull);
	if (!map_range(FRAME_TABLE_START, at, frames_bytes, LEAF_DATA))
		boot_fail("not enough memory for page tables");

	m2p_bytes = round_up(frame_limit * sizeof(uint64_t), LARGE_2M);
	at = boot_take(m2p_bytes, LARGE_2M, ~0ull);
	m2p_writable = (uint64_t *)(DIRECT_MAP_START + at);
	if (!map_range(M2P_START, at, m2p_bytes, LEAF | PTE_USER | PTE_NO_EXECUTE))
		boot_fail("not enough memory for page tables");
}

static void frames_init(void)
{
	memset(m2p_writable, 0xff, round_up(frame_limit * sizeof(uint64_t), LARGE_2M));
	for (uint64_t i = 0; i < frame_limit; i++)
		*frame_of(mfn(i)) = (struct frame){.state = FRAME_RESERVED, .owner = DOMID_IO};
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

/* Adds [start, end) minus what is taken. */
static void heap_add_free(uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t stop = end, resume = end;

		for (unsigned int i = 0; i < taken_count; i++) {
			if (taken[i].end <= start || taken[i].start >= stop)
				continue;
			stop = MAX(round_down(taken[i].start, PAGE_SIZE), start);
			resume = round_up(taken[i].end, PAGE_SIZE);
		}
		if (stop > start)
			heap_add(maddr(start), maddr(stop));
		start = MAX(resume, start + PAGE_SIZE);
	}
}

static void heap_fill(void)
{
	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];

		if (entry->type == E820_RAM)
			heap_add_free(MAX(round_up(entry->start, PAGE_SIZE), MIB),
				      round_down(entry->start + entry->bytes, PAGE_SIZE));
	}
	heap_ready = true;
}

void paging_build(void)
{
	take(round_down((uint64_t)image_start - IMAGE_START, PAGE_SIZE),
	     (uint64_t)image_end - IMAGE_START);
	for (uint32_t i = 0; i < boot_info.module_count; i++)
		take(boot_info.modules[i].start.n, boot_info.modules[i].end.n);

	root = table_new();
	map_image();
	map_direct();
	map_frame_tables();
	/* Slots that grow later: their L3s must be in every copy of this L4. */
	if (!table_below(&root[table_index(IMAGE_START, 4)], LINK))
		boot_fail("not enough memory for page tables");
	write_cr3((uint64_t)root - DIRECT_MAP_START);
	frames_init();
	heap_fill();
}

void paging_release(maddr_t start, maddr_t end)
{
	heap_add(maddr(MAX(start.n, MIB)), end);
}

uint64_t paging_root(void)
{
	return (uint64_t)root - DIRECT_MAP_START;
}

void paging_fill_hypervisor_slots(uint64_t *l4)
{
	for (unsigned int slot = HYPERVISOR_SLOT_FIRST; slot < HYPERVISOR_SLOT_END; slot++)
		if (slot != DOMAIN_SLOT)
			l4[slot] = root[slot];
}

/* The trampoline's own small tables, kept while CPUs come up. */
void paging_map_trampoline(uint64_t address)
{
	if (!map_leaf(address, address, PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY, 1))
		boot_fail("not enough memory for page tables");
}

void paging_unmap_trampoline(void)
{
	root[0] = 0;
	write_cr3(read_cr3());
}

/* Later mappings -------------------------------------------------------------- */

static uint64_t fixmap_next = FIXMAP_START;
static uint64_t stack_next = STACKS_START;

static void *map_fixed(maddr_t start, uint64_t bytes, uint64_t flags)
{
	uint64_t first = round_down(start.n, PAGE_SIZE);
	uint64_t size = round_up(start.n + bytes, PAGE_SIZE) - first;
	uint64_t va = fixmap_next;

	for (uint64_t at = 0; at < size; at += PAGE_SIZE)
		if (!map_leaf(va + at, first + at, flags, 1))
			return NULL;
	fixmap_next += size + PAGE_SIZE;
	return (void *)(va + (start.n - first));
}

void *paging_map_device(maddr_t start, uint64_t bytes)
{
	return map_fixed(start, bytes, LEAF_DATA | PTE_UNCACHED | PTE_WRITE_THROUGH);
}

const void *paging_map_table(maddr_t start, uint64_t bytes)
{
	return map_fixed(start, bytes, LEAF | PTE_NO_EXECUTE);
}

void *paging_create_stack(unsigned int pages)
{
	uint64_t va = stack_next + PAGE_SIZE;

	for (unsigned int i = 0; i < pages; i++) {
		void *page = heap_alloc_pages(0);

		if (!page ||
		    !map_leaf(va + i * PAGE_SIZE, (uint64_t)page - DIRECT_MAP_START, LEAF_DATA, 1))
			return NULL;
	}
	stack_next = va + pages * PAGE_SIZE;
	return (void *)stack_next;
}

/* Audit ---------------------------------------------------------------------- */

struct audit {
	uint64_t writable, executable, both;
};

static void audit_table(struct audit *audit, const uint64_t *table, unsigned int level)
{
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++) {
		uint64_t pte = table[i];

		if (!(pte & PTE_PRESENT))
			continue;
		if (level > 1 && !(pte & PTE_LARGE)) {
			audit_table(audit, frame_map(pte_frame(pte)), level - 1);
			continue;
		}
		audit->writable += !!(pte & PTE_WRITE);
		audit->executable += !(pte & PTE_NO_EXECUTE);
		audit->both += (pte & PTE_WRITE) && !(pte & PTE_NO_EXECUTE);
	}
}

uint64_t paging_audit(void)
{
	struct audit audit = {0, 0, 0};

	audit_table(&audit, root, 4);
	log_info("paging: %llu entries writable, %llu executable, %llu both\n",
		 (unsigned long long)audit.writable, (unsigned long long)audit.executable,
		 (unsigned long long)audit.both);
	return audit.both;
}
