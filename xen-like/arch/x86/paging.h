/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/paging.h - Enso's own page tables (layout.h is the map),
 * and which RAM is whose before there is a heap.
 */
#pragma once

#include "xen-like/base/abi.h"

/*
 * Boot, in this order.  paging_build: final tables, frame table, m2p, heap;
 * CR3 is loaded.  Memory of the image and of boot modules stays out of the heap.
 */
void paging_build(void);
/* Gives boot modules' memory to the heap, once they have been used. */
void paging_release(maddr_t start, maddr_t end);
/*
 * Unmaps what of the image only the boot needed, on all CPUs, and gives it to the heap.  The
 * caller must lie in what stays.  Returns the bytes.
 */
uint64_t paging_release_boot(void);
/* Walks all of Enso's entries; prints how many allow writing, executing, both. */
uint64_t paging_audit(void);

/* Copies the hypervisor's slots, but for the domain's own, into an L4. */
void paging_fill_hypervisor_slots(uint64_t *l4);
/* The machine address of Enso's own L4, below 4 GiB; idle CPUs start on it. */
uint64_t paging_root(void);

/*
 * Makes pages of Enso's own seen under another L4 too, with tables of its own
 * and the same rights.  False: no memory.
 */
MUST_CHECK
bool paging_share(uint64_t *l4, const void *start, uint64_t bytes);
/*
 * The first frame of the `part`-th 2 MiB of the m2p; where there is no RAM, of the part before
 * it.  `part` is within frame_limit.
 */
mfn_t paging_m2p_part(uint64_t part);
/* All of the m2p, by Enso's own tables. */
void paging_share_m2p(uint64_t *l4);

/* Maps the trampoline page where it is, for CPUs coming up; and away. */
void paging_map_trampoline(uint64_t address);
void paging_unmap_trampoline(void);

/*
 * Maps a device's registers, or tables outside RAM, uncached; for good.
 * NULL when there is no room or memory.
 */
void *paging_map_device(maddr_t start, uint64_t bytes) MUST_CHECK;
/* The same as memory (write-back), read-only. */
const void *paging_map_table(maddr_t start, uint64_t bytes) MUST_CHECK;

/* A stack of `pages` between unmapped ones; its top.  NULL: no memory. */
void *paging_create_stack(unsigned int pages) MUST_CHECK;
