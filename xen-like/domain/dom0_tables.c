/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_tables.c - dom0's page tables and start_info.
 *
 * Flags are those of abi/pv-boot: Linux' arch/x86/xen/mmu_pv.c walks these tables
 * on its first steps and stops on anything unexpected.
 */
#include "xen-like/domain/dom0_tables.h"

#include "xen-like/base/string.h"

#define ENTRY_PRESENT  0x01u
#define ENTRY_WRITE    0x02u
#define ENTRY_USER     0x04u
#define ENTRY_ACCESSED 0x20u
#define ENTRY_DIRTY    0x40u

#define ADDRESS_BITS   ((1ull << 48) - 1)

static bool range_has(struct pfn_range range, uint64_t pfn)
{
	return pfn - range.first < range.count;
}

/* Which level of `m`'s tables page `pfn` is (1..3), and which of that level. */
static int find_table(const struct pv_mapping *m, uint64_t pfn, uint64_t *ordinal)
{
	uint64_t at = pfn - m->table_pfn;

	for (int level = 3; level > 0; level--) {
		if (at < m->nr_tables[level]) {
			*ordinal = at;
			return level;
		}
		at -= m->nr_tables[level];
	}
	return 0;
}

enum dom0_page_kind dom0_page_kind(const struct pv_plan *plan, uint64_t pfn, int *level)
{
	uint64_t ordinal;
	int found = 0;
	enum dom0_page_kind kind = DOM0_PAGE_PLAIN;

	if (range_has(plan->kernel, pfn)) {
		kind = DOM0_PAGE_KERNEL;
	} else if (range_has(plan->ramdisk, pfn)) {
		kind = DOM0_PAGE_RAMDISK;
	} else if (pfn == plan->start_info_pfn) {
		kind = DOM0_PAGE_START_INFO;
	} else if (pfn == plan->stack_pfn) {
		kind = DOM0_PAGE_STACK;
	} else if (range_has(plan->p2m, pfn)) {
		kind = DOM0_PAGE_P2M;
	} else if (range_has(plan->tables, pfn)) {
		kind = DOM0_PAGE_TABLE;
		found = pfn == plan->tables.first ? 4 : find_table(&plan->boot, pfn, &ordinal);
	} else if (range_has(plan->p2m_tables, pfn)) {
		kind = DOM0_PAGE_P2M_TABLE;
		found = find_table(&plan->p2m_area, pfn, &ordinal);
	}
	if (level)
		*level = found;
	return kind;
}

/* A page of m's as seen by its L1: dom0 may not write its own tables. */
static struct dom0_table_entry leaf(const struct pv_plan *plan, uint64_t pfn)
{
	uint64_t flags = ENTRY_PRESENT | ENTRY_USER | ENTRY_ACCESSED;

	if (!range_has(plan->tables, pfn))
		flags |= ENTRY_WRITE | ENTRY_DIRTY;
	return (struct dom0_table_entry){true, pfn, flags};
}

/* Entry `index` of m's table `ordinal` of `level`; for the one L4, ordinal is 0. */
static struct dom0_table_entry mapping_entry(const struct pv_plan *plan, const struct pv_mapping *m,
					     int level, uint64_t ordinal, uint32_t index)
{
	uint64_t page = (m->va & ADDRESS_BITS) >> PAGE_SHIFT;
	uint64_t table = level == 4 ? 0 : (page >> 9 * level) + ordinal;
	/* The entry's place among all of its level, counted from m->va's own. */
	uint64_t child = table * 512 + index - (page >> 9 * (level - 1));
	uint64_t pfn = m->table_pfn;

	if (!m->pfns.count)
		return (struct dom0_table_entry){0};
	if (level == 1)
		return child < m->pfns.count ? leaf(plan, m->pfns.first + child)
					     : (struct dom0_table_entry){0};
	if (child >= m->nr_tables[level - 1])
		return (struct dom0_table_entry){0};
	for (int above = 3; above > level - 1; above--)
		pfn += m->nr_tables[above];
	return (struct dom0_table_entry){true, pfn + child,
					 ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER | ENTRY_ACCESSED |
						 ENTRY_DIRTY};
}

struct dom0_table_entry dom0_table_entry(const struct pv_plan *plan, uint64_t pfn, uint32_t index)
{
	const struct pv_mapping *mapping = &plan->boot;
	struct dom0_table_entry entry;
	uint64_t ordinal = 0;
	int level;

	if (pfn == plan->tables.first) {
		entry = mapping_entry(plan, &plan->boot, 4, 0, index);
		return entry.present ? entry : mapping_entry(plan, &plan->p2m_area, 4, 0, index);
	}
	level = find_table(mapping, pfn, &ordinal);
	if (!level) {
		mapping = &plan->p2m_area;
		level = find_table(mapping, pfn, &ordinal);
	}
	return level ? mapping_entry(plan, mapping, level, ordinal, index)
		     : (struct dom0_table_entry){0};
}

void dom0_start_info(const struct pv_plan *plan, const struct kernel_image *kernel,
		     maddr_t shared_info, const char *command_line, start_info_t *info)
{
	pv_plan_start_info(plan, command_line, info);
	if (kernel->extended_cr3)
		info->magic[strlen(info->magic)] = 'p';
	info->shared_info = shared_info.n;
	info->flags |= SIF_PRIVILEGED | SIF_INITDOMAIN;
}
