/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/pv_plan.h - everything about a PV domain's first memory, decided
 * before any of it is allocated: dom0's, which the hypervisor builds, and a
 * guest's, which dom0-tools/builder does.
 *
 * From the kernel's notes, the ramdisk's size and the domain's memory it says what
 * each pseudo-physical page is for, what the first page tables map and which
 * registers vCPU 0 starts with; or why that is impossible.  The layout is that of
 * Linux' PV boot protocol:
 *
 *   pfn 0   kernel [ramdisk] [p2m] start_info [rings] tables stack padding
 *   '------------- mapped at virt_base in 4 KiB pages ------------------'
 *           then, not mapped there: ramdisk, p2m and the p2m's tables
 *
 * Ramdisk and p2m stand in the bracketed places for kernels without the
 * MOD_START_PFN or INIT_P2M note; the rings are a guest's.  Pure: filling pages by
 * it, and turning pfns into mfns, is domain/dom0_tables.h and builder/tables.h.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/kernel_image.h"

enum pv_plan_error {
	PV_PLAN_OK = 0,
	PV_PLAN_NOT_PV,
	PV_PLAN_NOT_XEN_3,
	PV_PLAN_NOT_DOM0,
	PV_PLAN_NEEDS_SUPERVISOR_MODE,
	PV_PLAN_WANTS_OUR_ADDRESSES,
	PV_PLAN_KERNEL_IN_HOLE,
	PV_PLAN_ENTRY_OUTSIDE,
	PV_PLAN_HYPERCALL_PAGE_OUTSIDE,
	PV_PLAN_BASE_UNALIGNED,
	PV_PLAN_P2M_UNALIGNED,
	PV_PLAN_P2M_IN_KERNEL,
	PV_PLAN_P2M_IN_HOLE,
	PV_PLAN_COMMAND_LINE_TOO_LONG,
	PV_PLAN_MEMORY_TOO_BIG,
	PV_PLAN_KERNEL_TOO_BIG, /* of these three needed_pages says how much is wanted */
	PV_PLAN_RAMDISK_TOO_BIG,
	PV_PLAN_MEMORY_TOO_SMALL,
	PV_PLAN_ERRORS
};

/* One sentence without a full stop, to follow "guest web1: " or "dom0: ". */
const char *pv_plan_error_text(enum pv_plan_error error);

/* A domain this big has a p2m of 8 GiB: nobody means it. */
#define PV_PLAN_PAGES_MAX (1ull << 30)

struct pfn_range {
	uint64_t first;
	uint64_t count; /* may be 0 */
};

/* Page tables that map pfns at va, contiguously: all L3s, L2s, L1s in order. */
struct pv_mapping {
	uint64_t va; /* page-aligned, canonical */
	struct pfn_range pfns;
	uint64_t table_pfn;    /* the first L3 */
	uint64_t nr_tables[4]; /* [1] [2] [3]: pages of that level */
};

struct pv_plan {
	uint64_t nr_pages;     /* every pfn below is RAM of the domain's */
	uint64_t needed_pages; /* what all this takes; <= nr_pages when OK */

	struct pfn_range kernel; /* lowest to highest segment, holes included */
	struct pfn_range ramdisk;
	struct pfn_range
		boot_pages; /* from start_info to the stack: they stand behind each other */
	uint64_t start_info_pfn;
	uint64_t store_ring_pfn; /* 0 for dom0, as the console's */
	uint64_t console_ring_pfn;
	struct pfn_range tables; /* the L4 first */
	uint64_t stack_pfn;
	struct pfn_range p2m;
	struct pfn_range p2m_tables; /* empty when the p2m is in the boot mapping */

	struct pv_mapping boot;	    /* virt_base up to v_end, from pfn 0 */
	struct pv_mapping p2m_area; /* pfns.count == 0 when there is none */

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

enum pv_role { PV_ROLE_GUEST, PV_ROLE_DOM0 };

struct pv_plan_request {
	enum pv_role role;	  /* dom0 has no rings, and its kernel must know the part */
	uint64_t nr_pages;	  /* the domain's memory */
	uint64_t ramdisk_bytes;	  /* 0: none */
	const char *command_line; /* NULL: none */
};

/*
 * Decides all of *plan.  The kernel's segments go to their `physical` addresses;
 * pfns from boot.pfns.count on are not mapped at virt_base.  When the memory is
 * too small, plan->needed_pages is what this kernel and ramdisk would take, ~0
 * when that is beyond counting.
 */
enum pv_plan_error MUST_CHECK pv_plan_make(const struct kernel_image *kernel,
					   const struct pv_plan_request *request,
					   struct pv_plan *plan);

/*
 * What of *info the plan knows; the rest is zeroed: shared_info, rings, console
 * and the flags beside SIF_MOD_START_PFN.  command_line as it was planned.
 */
void pv_plan_start_info(const struct pv_plan *plan, const char *command_line, start_info_t *info);
