/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_memory.h - dom0_mem=, and how much memory dom0 gets.
 * Pure; what the memory is for is base/pv_plan.h.
 */
#pragma once

#include "xen-like/base/abi.h"

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
 * Parses "auto" or "SIZE,min:SIZE,max:SIZE" (any order, each at most once); a number
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

enum dom0_memory_error {
	DOM0_MEMORY_OK = 0,
	DOM0_MEMORY_BELOW_MINIMUM,
	DOM0_MEMORY_MIN_ABOVE_MAX,
	DOM0_MEMORY_NONE,
	DOM0_MEMORY_ERRORS
};

/* One sentence without a full stop. */
const char *dom0_memory_error_text(enum dom0_memory_error error);

/* How much dom0 gets.  Explicit sizes are reduced to what is free, not below min:. */
enum dom0_memory_error MUST_CHECK dom0_memory_decide(const struct dom0_mem_option *option,
						     const struct dom0_machine *machine,
						     struct dom0_memory *memory);
