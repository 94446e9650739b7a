/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/boot_memory.h - memory and mappings before there is a heap:
 * what paging.c and frame_tables.c share.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/pv/pte.h"

#define MIB	  (1ull << 20)
#define LARGE_2M  (1ull << 21)
#define LEAF	  (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL)
#define LEAF_DATA (LEAF | PTE_WRITE | PTE_NO_EXECUTE)

static inline uint64_t round_down(uint64_t value, uint64_t unit)
{
	return value & ~(unit - 1);
}

static inline uint64_t round_up(uint64_t value, uint64_t unit)
{
	return round_down(value + unit - 1, unit);
}

/* The highest piece of RAM below `limit` that nothing lies in; without one the boot fails. */
uint64_t boot_take(uint64_t bytes, uint64_t align, uint64_t limit);
/* Maps one leaf of `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB) in Enso's tables.  False: no memory. */
MUST_CHECK
bool boot_map_leaf(uint64_t va, uint64_t address, uint64_t flags, unsigned int level);
/* frame_tables.c: maps the frame table and the m2p, before their memory can be reached ... */
void frame_tables_map(void);
/* ... and says in them that all is no RAM, or Enso's where it is. */
void frame_tables_own(void);
