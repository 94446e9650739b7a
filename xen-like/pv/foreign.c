/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/foreign.c - see foreign.h.
 */
#include "xen-like/pv/foreign.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/mmu.h"

static uint64_t foreign_entry(mfn_t frame, bool writable, uint64_t bits)
{
	uint64_t flags = PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_NO_EXECUTE;

	if (writable)
		flags |= PTE_WRITE | PTE_DIRTY;
	return pte_make(frame, flags | (bits & PTE_AVAILABLE));
}

/* Takes what the entry will hold; false when there are too many already. */
static bool entry_hold(mfn_t frame, bool writable)
{
	return writable ? page_writable_take_again(frame) : frame_get_again(frame);
}

static int entry_map(struct pages_locked locked, uint64_t *entry, mfn_t frame, bool writable,
		     uint64_t bits)
{
	if (!entry || !entry_hold(frame, writable))
		return GNTST_general_error;
	page_leaf_put(locked, exchange(entry, foreign_entry(frame, writable, bits)));
	return GNTST_okay;
}

/* What the entry held stays held: `*writable` says how. */
static int entry_unmap(uint64_t *entry, mfn_t frame, bool *writable)
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

int pv_grant_map_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, bool writable,
		    uint64_t available_bits)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	int status = entry_map(locked, mmu_find_leaf(vcpu, va), frame, writable, available_bits);

	pages_unlock(locked);
	return status;
}

int pv_grant_map_pte(struct domain *domain, maddr_t pte, mfn_t frame, bool writable,
		     uint64_t available_bits)
{
	struct pages_locked locked = pages_lock(domain);
	int status =
		entry_map(locked, entry_by_address(locked, pte), frame, writable, available_bits);

	pages_unlock(locked);
	return status;
}

int pv_grant_unmap_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, bool *writable)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	int status = entry_unmap(mmu_find_leaf(vcpu, va), frame, writable);

	pages_unlock(locked);
	return status;
}

int pv_grant_unmap_pte(struct domain *domain, maddr_t pte, mfn_t frame, bool *writable)
{
	struct pages_locked locked = pages_lock(domain);
	int status = entry_unmap(entry_by_address(locked, pte), frame, writable);

	pages_unlock(locked);
	return status;
}

int pv_grant_replace_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, uint64_t new_va)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	uint64_t *entry = mmu_find_leaf(vcpu, va), *from = mmu_find_leaf(vcpu, new_va);
	int status = GNTST_general_error;

	if (entry && from && entry != from && pte_frame(read_once(*entry)).n == frame.n &&
	    (read_once(*entry) & PTE_PRESENT)) {
		/* The new page's references move with its entry. */
		uint64_t moved = exchange(from, 0);
		uint64_t old = exchange(entry, moved);

		domain_flush_tlb(locked);
		page_leaf_put(locked, old);
		status = GNTST_okay;
	}
	pages_unlock(locked);
	return status;
}
