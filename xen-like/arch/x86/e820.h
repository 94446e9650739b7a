/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/e820.h - the firmware's memory map, made usable.  Pure.
 */
#pragma once

#include "xen-like/base/abi.h"

#define E820_MAX      128
#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

/* As XENMEM_machine_memory_map hands it out. */
struct e820_entry {
	uint64_t start, bytes;
	uint32_t type;
} __attribute__((packed));

/*
 * Writes the map of `raw` (any order, overlapping, wrapping) to `map`: sorted,
 * disjoint, neighbours of one kind joined.  Where entries disagree RAM loses
 * and otherwise the higher type wins.  Returns the number of entries; what does
 * not fit into `limit` is left out, which makes memory unused, not misused.
 */
uint32_t e820_arrange(const struct e820_entry *raw, uint32_t count, struct e820_entry *map,
		      uint32_t limit);

struct e820_range {
	uint64_t start, end;
};

/*
 * The address of a page below 1 MiB where code may be put: whole in RAM of an
 * arranged map, not the first page, and touching none of `used`.  The highest
 * there is; 0: none.
 */
uint64_t e820_find_low_page(const struct e820_entry *map, uint32_t count,
			    const struct e820_range *used, uint32_t used_count);
