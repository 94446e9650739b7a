/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/foreign.c - see foreign.h.
 */
#include "xen-like/pv/foreign.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/mmu.h"

#define REGION_SHIFT (PAGE_SHIFT + 9) /* log2 of what one L1 translates, bytes */

static uint64_t foreign_entry(mfn_t frame, bool writable, uint64_t bits)
{
	uint64_t flags = PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_NO_EXECUTE;

	if (writable)
		flags |= PTE_WRITE | PTE_DIRTY;
	return pte_make(frame, flags | (bits & PTE_AVAILABLE));
}

/* The entry for `va`: mostly in the table that had the last one. */
static inline uint64_t *find_leaf(struct grant_space *space, uint64_t va)
{
	uint64_t *leaf;

	if (likely(va >> REGION_SHIFT == space->region))
		return space->leaves + table_index(va, 1);
	leaf = mmu_find_leaf(current_vcpu(), va);
	if (leaf) {
		space->region = va >> REGION_SHIFT;
		space->leaves = leaf - table_index(va, 1);
	}
	return leaf;
}

static inline int entry_map(struct grant_space *space, uint64_t *entry, mfn_t frame, bool writable,
			    uint64_t bits)
{
	uint64_t old;

	if (!entry)
		return GNTST_general_error;
	old = exchange(entry, foreign_entry(frame, writable, bits));
	if (unlikely(old))
		page_leaf_put(space_pages(space), old);
	return GNTST_okay;
}

/* What the entry held stays held: `*writable` says how. */
static inline int entry_unmap(uint64_t *entry, mfn_t frame, bool *writable)
{
	uint64_t pte;

	if (!entry)
		return GNTST_general_error;
	pte = read_once(*entry);
	do {
		if (!(pte & PTE_PRESENT) || !mfn_equal(pte_frame(pte), frame))
			return GNTST_general_error;
	} while (!cmpxchg(entry, &pte, 0));
	*writable = pte & PTE_WRITE;
	return GNTST_okay;
}

/* An entry by its machine address: it must lie in an L1 of the domain.  NULL: it does not. */
static uint64_t *entry_by_address(struct pages_locked locked, maddr_t pte)
{
	mfn_t table = maddr_to_mfn(pte);
	bool is_l1;

	if ((pte.n & 7) || !frame_get(table, locked.domain->id))
		return NULL;
	is_l1 = mmu_table_level(table) == 1;
	/* In use as a table under the lock: it stays one until we unlock. */
	frame_put(table);
	return is_l1 ? (uint64_t *)frame_map(table) + (pte.n & ~PAGE_MASK) / 8 : NULL;
}

int pv_grant_map_va(struct grant_space *space, uint64_t va, mfn_t frame, bool writable,
		    uint64_t available_bits)
{
	return entry_map(space, find_leaf(space, va), frame, writable, available_bits);
}

int pv_grant_map_pte(struct grant_space *space, maddr_t pte, mfn_t frame, bool writable,
		     uint64_t available_bits)
{
	return entry_map(space, entry_by_address(space_pages(space), pte), frame, writable,
			 available_bits);
}

int pv_grant_unmap_va(struct grant_space *space, uint64_t va, mfn_t frame, bool *writable)
{
	return entry_unmap(find_leaf(space, va), frame, writable);
}

int pv_grant_unmap_pte(struct grant_space *space, maddr_t pte, mfn_t frame, bool *writable)
{
	return entry_unmap(entry_by_address(space_pages(space), pte), frame, writable);
}

int pv_grant_replace_va(struct grant_space *space, uint64_t va, mfn_t frame, uint64_t new_va)
{
	uint64_t *entry = find_leaf(space, va), *from = find_leaf(space, new_va);
	uint64_t moved, old;

	if (!entry || !from || entry == from || pte_frame(read_once(*entry)).n != frame.n ||
	    !(read_once(*entry) & PTE_PRESENT))
		return GNTST_general_error;
	/* The new page's references move with its entry. */
	moved = exchange(from, 0);
	old = exchange(entry, moved);
	domain_flush_tlb(space_pages(space));
	page_leaf_put(space_pages(space), old);
	return GNTST_okay;
}
