/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/paging.c - see paging.h.
 *
 * Until the heap exists, pages come from the top of RAM below 4 GiB, which
 * boot.S has mapped; what was taken is remembered and kept out of the heap.
 */
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/boot_memory.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/pte.h"

#define GIB  (1ull << 30)
#define LINK (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)

/* enso.lds.S */
extern char image_start[], boot_start[], text_start[], boot_end[], text_end[], rodata_end[];
extern char bss_start[], bss_boot_end[], image_end[];

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

uint64_t boot_take(uint64_t bytes, uint64_t align, uint64_t limit)
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
static bool map_leaf_in(uint64_t *table, uint64_t va, uint64_t address, uint64_t flags,
			unsigned int level)
{
	uint64_t link = LINK | (flags & PTE_USER);

	for (unsigned int at = 4; at > level; at--) {
		table = table_below(&table[table_index(va, at)], link);
		if (!table)
			return false;
	}
	table[table_index(va, level)] = address | flags | (level > 1 ? PTE_LARGE : 0);
	return true;
}

bool boot_map_leaf(uint64_t va, uint64_t address, uint64_t flags, unsigned int level)
{
	return map_leaf_in(root, va, address, flags, level);
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
		if (!boot_map_leaf(va, address, flags, level))
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
	map_section(boot_start, text_start, LEAF | PTE_NO_EXECUTE);
	map_section(text_start, text_end, LEAF);
	map_section(text_end, rodata_end, LEAF | PTE_NO_EXECUTE);
	map_section(rodata_end, image_end, LEAF_DATA);
}

/* Where the first tables had it: there is no moment without a screen. */
static bool map_framebuffer(const struct boot_framebuffer *framebuffer)
{
	uint64_t start = round_down(framebuffer->address, PAGE_SIZE);
	uint64_t bytes = (uint64_t)framebuffer->pitch * framebuffer->height;

	return map_range(DIRECT_MAP_START + start, start,
			 round_up(framebuffer->address + bytes, PAGE_SIZE) - start,
			 LEAF_DATA | PTE_UNCACHED);
}

/* RAM, what the firmware keeps tables in, the first MiB, and the loader's framebuffer. */
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
	if (done && boot_info.framebuffer.type == FRAMEBUFFER_RGB)
		done = map_framebuffer(&boot_info.framebuffer);
	if (!done)
		boot_fail("not enough memory for page tables");
}

/* The m2p, as it is mapped -------------------------------------------------------- */

mfn_t paging_m2p_part(uint64_t part)
{
	for (;; part--) {
		uint64_t va = M2P_START + part * LARGE_2M;
		uint64_t *table = frame_map(pte_frame(root[table_index(va, 4)]));
		uint64_t entry;

		table = frame_map(pte_frame(table[table_index(va, 3)]));
		entry = table[table_index(va, 2)];
		/* There is RAM in the first. */
		if ((entry & PTE_LARGE) || part == 0)
			return pte_frame(entry);
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
	frame_tables_map();
	/* Slots that grow later: their L3s must be in every copy of this L4. */
	if (!table_below(&root[table_index(IMAGE_START, 4)], LINK))
		boot_fail("not enough memory for page tables");
	write_cr3((uint64_t)root - DIRECT_MAP_START);
	frame_tables_own();
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
	if (!boot_map_leaf(address, address, PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY, 1))
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

	/* What is large by large pages, if addresses allow. */
	if (size >= LARGE_2M)
		va = round_up(va, LARGE_2M) + (first & (LARGE_2M - 1));
	if (!map_range(va, first, size, flags))
		return NULL;
	fixmap_next = va + size + PAGE_SIZE;
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

		if (!page || !boot_map_leaf(va + i * PAGE_SIZE, (uint64_t)page - DIRECT_MAP_START,
					    LEAF_DATA, 1))
			return NULL;
	}
	stack_next = va + pages * PAGE_SIZE;
	return (void *)stack_next;
}

/* The entry of Enso's own tables that translates `va`, and its level. */
static uint64_t *leaf_of(uint64_t va, unsigned int *level)
{
	uint64_t *entry = &root[table_index(va, 4)];

	for (*level = 4; *level > 1 && !(*entry & PTE_LARGE);) {
		uint64_t *table = frame_map(pte_frame(*entry));

		CHECK(*entry & PTE_PRESENT);
		entry = &table[table_index(va, --*level)];
	}
	CHECK(*entry & PTE_PRESENT);
	return entry;
}

static void each_boot_page(void (*act)(uint64_t va))
{
	for (uint64_t va = (uint64_t)boot_start; va < (uint64_t)boot_end; va += PAGE_SIZE)
		act(va);
	for (uint64_t va = (uint64_t)bss_start; va < (uint64_t)bss_boot_end; va += PAGE_SIZE)
		act(va);
}

static void unmap_page(uint64_t va)
{
	unsigned int level;
	uint64_t *entry = leaf_of(va, &level);

	CHECK(level == 1);
	*entry = 0;
}

/* One by one: a new CR3 leaves global pages as they are. */
static void flush_boot_pages(void *argument)
{
	(void)argument;
	each_boot_page(cpu_flush_page);
}

/* Of the image; the bytes. */
static uint64_t release_section(const char *start, const char *end)
{
	heap_add(maddr((uint64_t)start - IMAGE_START), maddr((uint64_t)end - IMAGE_START));
	return (uint64_t)(end - start);
}

uint64_t paging_release_boot(void)
{
	each_boot_page(unmap_page);
	cpu_call_all(flush_boot_pages, NULL);
	/* What lies before boot_start was mapped by the first tables only. */
	return release_section(image_start, boot_end) + release_section(bss_start, bss_boot_end);
}

bool paging_share(uint64_t *l4, const void *start, uint64_t bytes)
{
	for (uint64_t va = (uint64_t)start; va < (uint64_t)start + bytes; va += PAGE_SIZE) {
		unsigned int level;
		uint64_t pte = *leaf_of(va, &level);
		uint64_t within = va & ((1ull << (PAGE_SHIFT + 9 * (level - 1))) - 1) & PAGE_MASK;

		/* Bit 7 says how large above level 1, and how cached there: never set. */
		if (!map_leaf_in(l4, va, (pte & PTE_ADDRESS & ~within) | within,
				 pte & ~(PTE_ADDRESS | PTE_GLOBAL | PTE_LARGE), 1))
			return false;
	}
	return true;
}

void paging_share_m2p(uint64_t *l4)
{
	l4[table_index(M2P_START, 4)] = root[table_index(M2P_START, 4)];
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
