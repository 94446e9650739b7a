/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_tables.h - what stands in dom0's first pages: each page's
 * kind and each page-table entry, as base/pv_plan.h laid them out, and start_info.
 * Pure: allocating, copying and turning pfns into mfns is dom0_build.c.
 */
#pragma once

#include "xen-like/base/pv_plan.h"

enum dom0_page_kind {
	DOM0_PAGE_PLAIN, /* ordinary RAM: below and between segments, padding, the rest */
	DOM0_PAGE_KERNEL,
	DOM0_PAGE_RAMDISK,
	DOM0_PAGE_START_INFO,
	DOM0_PAGE_TABLE, /* in the boot mapping, read-only there */
	DOM0_PAGE_STACK,
	DOM0_PAGE_P2M,
	DOM0_PAGE_P2M_TABLE, /* maps the p2m; itself mapped nowhere */
};

/* What pfn is for.  For tables, *level is 1..4 (it may be NULL). */
enum dom0_page_kind dom0_page_kind(const struct pv_plan *plan, uint64_t pfn, int *level);

/* One page-table entry: `present`, and then pfn | flags; the caller makes it an mfn. */
struct dom0_table_entry {
	bool present;
	uint64_t pfn;
	uint64_t flags; /* the low bits of an x86 entry; never PSE or GLOBAL */
};

/*
 * Entry `index` (0..511) of table page `pfn`, which must be of kind TABLE or
 * P2M_TABLE.  Slots 256..271 of the L4 are absent here: they are Enso's.
 */
struct dom0_table_entry dom0_table_entry(const struct pv_plan *plan, uint64_t pfn, uint32_t index);

/*
 * Fills all of *info but `console` (the caller knows the screen) and
 * shared_info's address, which it is given.  command_line as it was planned.
 */
void dom0_start_info(const struct pv_plan *plan, const struct kernel_image *kernel,
		     maddr_t shared_info, const char *command_line, start_info_t *info);
