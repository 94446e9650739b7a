/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/plan.h - everything about a PV guest's memory, decided
 * before any of it is allocated.
 *
 * From the kernel's notes, the ramdisk's size and the guest's memory it says what
 * each pseudo-physical page is for, what the first page tables map and which
 * registers vCPU 0 starts with; or why that is impossible.  The layout is that of
 * Linux' PV boot protocol:
 *
 *   pfn 0   kernel [ramdisk] [p2m] start_info rings tables stack padding | ramdisk | p2m, its
 * tables
 *   '--------------- mapped at virt_base in 4 KiB pages ---------------'  not mapped there
 *
 * The bracketed places are for kernels without the MOD_START_PFN or INIT_P2M
 * note.  Pure; tables.h fills pages by it, build.c does the rest.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/kernel_image.h"

enum guest_plan_error {
	GUEST_PLAN_OK = 0,
	GUEST_PLAN_NOT_PV,
	GUEST_PLAN_NOT_XEN_3,
	GUEST_PLAN_NEEDS_SUPERVISOR_MODE,
	GUEST_PLAN_WANTS_OUR_ADDRESSES,
	GUEST_PLAN_KERNEL_IN_HOLE,
	GUEST_PLAN_ENTRY_OUTSIDE,
	GUEST_PLAN_HYPERCALL_PAGE_OUTSIDE,
	GUEST_PLAN_BASE_UNALIGNED,
	GUEST_PLAN_P2M_UNALIGNED,
	GUEST_PLAN_P2M_IN_KERNEL,
	GUEST_PLAN_P2M_IN_HOLE,
	GUEST_PLAN_COMMAND_LINE_TOO_LONG,
	GUEST_PLAN_MEMORY_TOO_BIG,
	GUEST_PLAN_MEMORY_TOO_SMALL, /* guest_plan.needed_pages says how much is wanted */
	GUEST_PLAN_ERRORS
};

/* One sentence without a full stop, to follow "guest web1: ". */
const char *guest_plan_error_text(enum guest_plan_error error);

/* A guest this big has a p2m of 8 GiB: nobody means it. */
#define GUEST_PLAN_PAGES_MAX (1ull << 30)

struct guest_pfns {
	uint64_t first;
	uint64_t count; /* may be 0 */
};

/* Page tables that map pfns at va, contiguously: all L3s, L2s, L1s in order. */
struct guest_mapping {
	uint64_t va; /* page-aligned, canonical */
	struct guest_pfns pfns;
	uint64_t table_pfn;    /* the first L3 */
	uint64_t nr_tables[4]; /* [1] [2] [3]: pages of that level */
};

struct guest_plan {
	uint64_t nr_pages;     /* every pfn below is RAM of the guest's */
	uint64_t needed_pages; /* what all this takes; <= nr_pages when OK */

	struct guest_pfns kernel; /* lowest to highest segment, holes included */
	struct guest_pfns ramdisk;
	struct guest_pfns boot_pages; /* the five below are behind each other: these are all */
	uint64_t start_info_pfn;
	uint64_t store_ring_pfn;
	uint64_t console_ring_pfn;
	struct guest_pfns tables; /* the L4 first */
	uint64_t stack_pfn;
	struct guest_pfns p2m;
	struct guest_pfns p2m_tables; /* empty when the p2m is in the boot mapping */

	struct guest_mapping boot;     /* virt_base up to v_end, from pfn 0 */
	struct guest_mapping p2m_area; /* pfns.count == 0 when there is none */

	bool has_hypercall_page;
	uint64_t hypercall_pfn;

	/* Registers: rip, rsp, rsi. */
	uint64_t entry;
	uint64_t stack_pointer;
	uint64_t start_info_va;

	/* For start_info. */
	uint64_t pt_base;   /* va */
	uint64_t mfn_list;  /* va */
	uint64_t mod_start; /* pfn when mod_start_is_pfn, else va; 0 without ramdisk */
	uint64_t mod_bytes;
	bool mod_start_is_pfn;
	uint64_t first_p2m_pfn; /* 0, 0 when the p2m is in the boot mapping */
	uint64_t nr_p2m_frames;
};

/*
 * ramdisk_bytes may be 0; command_line may be NULL.  On MEMORY_TOO_SMALL
 * plan->needed_pages is what this kernel and ramdisk would take.
 */
enum guest_plan_error MUST_CHECK guest_plan_make(const struct kernel_image *kernel,
						 uint64_t ramdisk_bytes, uint64_t nr_pages,
						 const char *command_line, struct guest_plan *plan);
