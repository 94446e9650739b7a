/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_plan.h - everything about dom0's memory, decided before
 * any of it is allocated.
 *
 * From the kernel's notes, the initrd's size and dom0_mem it says how many
 * pages dom0 has, what each pseudo-physical page is for, what its first page
 * tables hold and which registers it starts with; or why that is impossible.
 * The layout is the one of Linux' PV boot protocol:
 *
 *   pfn 0     kernel  [initrd] [p2m]  start_info  tables  stack  padding | initrd | p2m  its tables
 *   '------------------- mapped at virt_base, 4 KiB pages ---------------'  not mapped there
 *
 * The bracketed places are for kernels without the MOD_START_PFN or INIT_P2M
 * note.  Pure: allocating, copying and turning pfns into mfns is dom0_build.c.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/kernel_image.h"

/* ---- dom0_mem= ---------------------------------------------------------- */

/* "512M", "-256M" (all but that), "25%", "1G+10%". */
struct dom0_amount {
	bool given;
	bool leave; /* `bytes` is what dom0 does not get */
	uint64_t bytes;
	uint32_t percent; /* of all memory, added */
};

struct dom0_mem_option {
	struct dom0_amount size, min, max;
};

/*
 * Parses "SIZE,min:SIZE,max:SIZE" (any order, each at most once); a number
 * without B K M G T means KiB, as it does in Xen.  False when malformed.
 */
bool MUST_CHECK
dom0_mem_parse(const char *text, struct dom0_mem_option *option);

/* The machine, in 4 KiB pages, when dom0 is about to be built. */
struct dom0_machine {
	uint64_t total_pages;	 /* RAM in the machine                      */
	uint64_t free_pages;	 /* in the heap now, whatever their address */
	uint64_t free_low_pages; /* of those, below 4 GiB                   */
};

/* Low memory that stays free: dom0's 64 MiB swiotlb exchange and some slack. */
#define DOM0_LOW_RESERVE_PAGES ((64 + 16) * 256ul)

struct dom0_memory {
	uint64_t nr_pages;  /* to start with                       */
	uint64_t max_pages; /* it may balloon up to; >= nr_pages   */
	bool reduced;	    /* less than asked: that is not free   */
};

/* ---- the plan ----------------------------------------------------------- */

enum dom0_plan_error {
	DOM0_PLAN_OK = 0,
	DOM0_PLAN_MEMORY_BELOW_MINIMUM,
	DOM0_PLAN_MEMORY_MIN_ABOVE_MAX,
	DOM0_PLAN_MEMORY_NONE,
	DOM0_PLAN_NOT_PV,
	DOM0_PLAN_NOT_XEN_3,
	DOM0_PLAN_NOT_DOM0,
	DOM0_PLAN_NEEDS_SUPERVISOR_MODE,
	DOM0_PLAN_WANTS_OUR_ADDRESSES,
	DOM0_PLAN_KERNEL_IN_HOLE,
	DOM0_PLAN_ENTRY_OUTSIDE,
	DOM0_PLAN_BASE_UNALIGNED,
	DOM0_PLAN_P2M_UNALIGNED,
	DOM0_PLAN_P2M_IN_KERNEL,
	DOM0_PLAN_P2M_IN_HOLE,
	DOM0_PLAN_KERNEL_TOO_BIG,
	DOM0_PLAN_INITRD_TOO_BIG,
	DOM0_PLAN_MEMORY_TOO_SMALL,
	DOM0_PLAN_COMMAND_LINE_TOO_LONG,
	DOM0_PLAN_ERRORS
};

/* One sentence without a full stop, to follow "cannot boot: ". */
const char *dom0_plan_error_text(enum dom0_plan_error error);

/* How much dom0 gets.  Explicit sizes are reduced to what is free, not below min:. */
enum dom0_plan_error MUST_CHECK dom0_memory_decide(const struct dom0_mem_option *option,
						   const struct dom0_machine *machine,
						   struct dom0_memory *memory);

struct pfn_range {
	uint64_t first;
	uint64_t count; /* may be 0 */
};

/* Page tables that map pfns[] at va, contiguously: all L3s, L2s, L1s in order. */
struct dom0_mapping {
	uint64_t va;
	struct pfn_range pfns;
	uint64_t table_pfn;    /* the first L3 */
	uint64_t nr_tables[4]; /* [1] [2] [3]: pages of that level */
};

enum dom0_page_kind {
	DOM0_PAGE_PLAIN, /* ordinary RAM: below and between segments, padding, the rest */
	DOM0_PAGE_KERNEL,
	DOM0_PAGE_INITRD,
	DOM0_PAGE_START_INFO,
	DOM0_PAGE_TABLE, /* in the boot mapping, read-only there */
	DOM0_PAGE_STACK,
	DOM0_PAGE_P2M,
	DOM0_PAGE_P2M_TABLE, /* maps the p2m; itself mapped nowhere */
};

struct dom0_plan {
	uint64_t nr_pages;

	struct pfn_range kernel; /* lowest to highest segment, holes included */
	struct pfn_range initrd;
	struct pfn_range start_info;
	struct pfn_range tables; /* the L4 first */
	struct pfn_range stack;
	struct pfn_range p2m;
	struct pfn_range p2m_tables; /* empty when the p2m is in the boot mapping */

	struct dom0_mapping boot;     /* virt_base up to v_end, from pfn 0 */
	struct dom0_mapping p2m_area; /* pfns.count == 0 when there is none */

	/* Registers: rip, rsp, rsi; everything else as abi/pv-boot says. */
	uint64_t entry;
	uint64_t stack_pointer;
	uint64_t start_info_va;

	/* For start_info. */
	uint64_t pt_base;   /* va */
	uint64_t mfn_list;  /* va */
	uint64_t mod_start; /* pfn when mod_start_is_pfn, else va; 0 without initrd */
	uint64_t mod_bytes;
	bool mod_start_is_pfn;
	uint64_t first_p2m_pfn; /* 0, 0 when the p2m is in the boot mapping */
	uint64_t nr_p2m_frames;
	bool extended_cr3;
};

/*
 * initrd_bytes may be 0; command_line may be NULL.  The kernel's segments go
 * to their `physical` addresses.  Every pfn below nr_pages is RAM of dom0's;
 * those from boot.pfns.count on are not mapped at virt_base.
 */
enum dom0_plan_error MUST_CHECK dom0_plan_make(const struct kernel_image *kernel,
					       uint64_t initrd_bytes, uint64_t nr_pages,
					       const char *command_line, struct dom0_plan *plan);

/* What pfn is for.  For tables, *level is 1..4 (it may be NULL). */
enum dom0_page_kind dom0_plan_page_kind(const struct dom0_plan *plan, uint64_t pfn, int *level);

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
struct dom0_table_entry dom0_plan_table_entry(const struct dom0_plan *plan, uint64_t pfn,
					      uint32_t index);

/*
 * Fills all of *info but `console` (the caller knows the screen) and
 * shared_info's address, which it is given.  command_line as for dom0_plan_make.
 */
void dom0_plan_start_info(const struct dom0_plan *plan, maddr_t shared_info,
			  const char *command_line, start_info_t *info);
