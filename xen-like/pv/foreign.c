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
	if (!frame_get_again(frame))
		return false;
	if (writable && page_writable_get(frame) != 0) {
		frame_put(frame);
		return false;
	}
	return true;
}

static uint64_t entry_swap(struct table_slot slot, uint64_t pte)
{
	return exchange((uint64_t *)frame_map(slot.table) + slot.index, pte);
}

static int slot_map(struct pages_locked locked, struct table_slot slot, mfn_t frame, bool writable,
		    uint64_t bits)
{
	if (!entry_hold(frame, writable))
		return GNTST_general_error;
	page_entry_put(locked, 1, entry_swap(slot, foreign_entry(frame, writable, bits)));
	return GNTST_okay;
}

static int slot_unmap(struct pages_locked locked, struct table_slot slot, mfn_t frame)
{
	uint64_t pte = mmu_entry_read(slot);

	do {
		if (!(pte & PTE_PRESENT) || !mfn_equal(pte_frame(pte), frame))
			return GNTST_general_error;
	} while (!cmpxchg((uint64_t *)frame_map(slot.table) + slot.index, &pte, 0));
	domain_flush_tlb(locked);
	page_entry_put(locked, 1, pte);
	return GNTST_okay;
}

/* An entry by its machine address: it must lie in an L1 of the domain. */
static bool slot_by_address(struct pages_locked locked, maddr_t pte, struct table_slot *slot)
{
	mfn_t table = maddr_to_mfn(pte);
	bool is_l1;

	if ((pte.n & 7) || !frame_get(table, locked.domain->id))
		return false;
	is_l1 = mmu_table_level(table) == 1;
	/* In use as a table under the lock: it stays one until we unlock. */
	frame_put(table);
	*slot = (struct table_slot){
		.table = table,
		.level = 1,
		.index = (unsigned int)(pte.n & ~PAGE_MASK) / 8,
	};
	return is_l1;
}

int pv_grant_map_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, bool writable,
		    uint64_t available_bits, uint64_t cache)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	struct table_slot slot;
	int status = GNTST_general_error;

	(void)cache;
	if (mmu_find_slot(vcpu, va, &slot))
		status = slot_map(locked, slot, frame, writable, available_bits);
	pages_unlock(locked);
	return status;
}

int pv_grant_map_pte(struct domain *domain, maddr_t pte, mfn_t frame, bool writable,
		     uint64_t available_bits)
{
	struct pages_locked locked = pages_lock(domain);
	struct table_slot slot;
	int status = GNTST_general_error;

	if (slot_by_address(locked, pte, &slot))
		status = slot_map(locked, slot, frame, writable, available_bits);
	pages_unlock(locked);
	return status;
}

int pv_grant_unmap_va(struct vcpu *vcpu, uint64_t va, mfn_t frame)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	struct table_slot slot;
	int status = GNTST_general_error;

	if (mmu_find_slot(vcpu, va, &slot))
		status = slot_unmap(locked, slot, frame);
	pages_unlock(locked);
	return status;
}

int pv_grant_unmap_pte(struct domain *domain, maddr_t pte, mfn_t frame)
{
	struct pages_locked locked = pages_lock(domain);
	struct table_slot slot;
	int status = GNTST_general_error;

	if (slot_by_address(locked, pte, &slot))
		status = slot_unmap(locked, slot, frame);
	pages_unlock(locked);
	return status;
}

int pv_grant_replace_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, uint64_t new_va)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	struct table_slot slot, from;
	int status = GNTST_general_error;

	if (mmu_find_slot(vcpu, va, &slot) && mmu_find_slot(vcpu, new_va, &from) &&
	    !(mfn_equal(slot.table, from.table) && slot.index == from.index) &&
	    pte_frame(mmu_entry_read(slot)).n == frame.n && (mmu_entry_read(slot) & PTE_PRESENT)) {
		/* The new page's references move with its entry. */
		uint64_t moved = entry_swap(from, 0);
		uint64_t old = entry_swap(slot, moved);

		domain_flush_tlb(locked);
		page_entry_put(locked, 1, old);
		status = GNTST_okay;
	}
	pages_unlock(locked);
	return status;
}
