/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/mmu.c - see mmu.h.  One road for every entry of every level:
 * take the new, store it, drop the old.
 */
#include "xen-like/pv/mmu.h"
#include "xen-like/arch/x86/xpti.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/switch.h"

static uint64_t *slot_entry(struct table_slot slot)
{
	return (uint64_t *)frame_map(slot.table) + slot.index;
}

uint64_t mmu_entry_read(struct table_slot slot)
{
	return read_once(*slot_entry(slot));
}

unsigned int mmu_table_level(mfn_t frame)
{
	uint64_t state = read_once(frame_of(frame)->state);
	enum frame_type type = frame_type(state);

	if (!(state & FRAME_VALIDATED) || frame_uses(state) == 0 || type < FRAME_L1 ||
	    type > FRAME_L4)
		return 0;
	return (unsigned int)type - FRAME_L1 + 1;
}

static bool slot_allowed(struct table_slot slot)
{
	return slot.level != 4 || !l4_slot_reserved(slot.index);
}

/* CPUs may run on copies of an L4. */
static void entry_changed(struct pages_locked locked, struct table_slot slot)
{
	if (slot.level == 4 && alternative_on(ALTERNATIVE_XPTI))
		xpti_l4_changed(locked.domain);
}

/* Stores `pte`; what was there before.  The CPU may set marks meanwhile. */
static uint64_t entry_store(uint64_t *entry, uint64_t pte, bool keep_marks)
{
	uint64_t old;

	if (!keep_marks || !(pte & PTE_PRESENT))
		return exchange(entry, pte);
	old = read_once(*entry);
	while (!cmpxchg(entry, &old, pte | (old & (PTE_ACCESSED | PTE_DIRTY))))
		;
	return old;
}

int mmu_entry_write(struct pages_locked locked, struct table_slot slot, uint64_t wanted,
		    struct domain *foreign, bool keep_marks, struct work_budget *budget)
{
	uint64_t pte = wanted, old;
	int rc;

	if (!slot_allowed(slot))
		return -XEN_EINVAL;
	rc = page_entry_get(locked, slot.level, &pte, foreign, budget);
	if (rc != 0)
		return rc;

	/* Nothing fails from here on. */
	old = entry_store(slot_entry(slot), pte, keep_marks);
	entry_changed(locked, slot);
	page_entry_put(locked, slot.level, old);
	return 0;
}

int mmu_leaf_write(struct pages_locked locked, uint64_t *entry, uint64_t wanted,
		   const struct domain *foreign, bool keep_marks)
{
	struct entry_taken taken = page_leaf_get(locked, wanted, foreign);
	uint64_t old;

	if (unlikely(taken.rc != 0))
		return (int)taken.rc;
	/* Nothing fails from here on. */
	old = entry_store(entry, taken.pte, keep_marks);
	if (old != 0)
		page_leaf_put(locked, old);
	return 0;
}

int mmu_entry_exchange(struct pages_locked locked, struct table_slot slot, uint64_t expected,
		       uint64_t wanted, struct work_budget *budget)
{
	uint64_t pte = wanted, seen = expected;
	int rc;

	if (!slot_allowed(slot))
		return -XEN_EINVAL;
	rc = page_entry_get(locked, slot.level, &pte, locked.domain, budget);
	if (rc != 0)
		return rc;
	if (!cmpxchg(slot_entry(slot), &seen, pte)) {
		page_entry_put(locked, slot.level, pte);
		return -XEN_EAGAIN;
	}
	entry_changed(locked, slot);
	page_entry_put(locked, slot.level, expected);
	return 0;
}

uint64_t *mmu_find_leaf(const struct vcpu *vcpu, uint64_t va)
{
	mfn_t root = vcpu->pv.kernel_mode ? vcpu->pv.kernel_table : vcpu->pv.user_table;
	maddr_t table = mfn_to_maddr(root);

	/* Enso's own become one that is not canonical, also for a CPU that guesses. */
	va = guest_pointer(guest_va(va), 1);
	if (root.n == 0 || !address_canonical(va))
		return NULL;
#pragma GCC unroll 3
	for (unsigned int level = 4; level > 1; level--) {
		uint64_t pte = read_once(((uint64_t *)maddr_map(table))[table_index(va, level)]);

		if (!(pte & PTE_PRESENT))
			return NULL;
		table = maddr(value_if_nospec(pte & PTE_ADDRESS, pte));
	}
	return (uint64_t *)maddr_map(table) + table_index(va, 1);
}

bool mmu_find_slot(const struct vcpu *vcpu, uint64_t va, struct table_slot *slot)
{
	const uint64_t *entry = mmu_find_leaf(vcpu, va);

	if (!entry)
		return false;
	*slot = (struct table_slot){
		.table = frame_of_mapped(entry), .level = 1, .index = table_index(va, 1)};
	return true;
}

int mmu_pin(struct pages_locked locked, mfn_t table, enum frame_type type,
	    struct work_budget *budget)
{
	struct frame *frame;
	int rc;

	if (!frame_get(table, locked.domain->id))
		return -XEN_EINVAL;
	frame = frame_of(table);
	rc = page_type_get_locked(locked, table, type, budget);
	if (rc != 0) {
		frame_put(table);
		return rc == -XEN_ERESTART ? rc : -XEN_EINVAL;
	}
	if (!(fetch_or(&frame->state, FRAME_PINNED) & FRAME_PINNED))
		return 0;
	page_type_put_locked(locked, table);
	frame_put(table);
	return -XEN_EINVAL;
}

int mmu_unpin(struct pages_locked locked, mfn_t table, struct work_budget *budget)
{
	if (!frame_get(table, locked.domain->id))
		return -XEN_EINVAL;
	if (!(fetch_and(&frame_of(table)->state, ~FRAME_PINNED) & FRAME_PINNED)) {
		frame_put(table);
		return -XEN_EINVAL;
	}
	page_type_put_locked(locked, table);
	frame_put(table); /* the pin's */
	frame_put(table); /* ours      */
	return page_type_settle(locked, budget);
}

/* A reference to and a use of an L4, for a vCPU to hold. */
static int base_get(struct pages_locked locked, mfn_t table, struct work_budget *budget)
{
	int rc;

	if (!frame_get(table, locked.domain->id))
		return -XEN_EINVAL;
	rc = page_type_get_locked(locked, table, FRAME_L4, budget);
	if (rc != 0)
		frame_put(table);
	return rc == -XEN_EBUSY ? -XEN_EINVAL : rc;
}

static void base_put(struct pages_locked locked, mfn_t table)
{
	if (table.n == 0 || likely(page_table_drop(locked, table)))
		return;
	page_type_put_locked(locked, table);
	frame_put(table);
}

/* There hardly ever is anything. */
static int settle(struct pages_locked locked, struct work_budget *budget)
{
	return likely(page_type_settled(locked)) ? 0 : page_type_settle(locked, budget);
}

int mmu_set_kernel_table(struct vcpu *vcpu, mfn_t table, struct work_budget *budget)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	mfn_t old = vcpu->pv.kernel_table;
	int rc = settle(locked, budget);

	if (rc == 0)
		rc = base_get(locked, table, budget);
	if (rc == 0) {
		vcpu->pv.kernel_table = table;
		if (vcpu == current_vcpu())
			vcpu_load_tables(vcpu);
		base_put(locked, old);
		/* What is left of the old tree may wait for the next operation's budget. */
		rc = settle(locked, budget);
	}
	pages_unlock(locked);
	return rc;
}

int mmu_set_user_table(struct vcpu *vcpu, mfn_t table, struct work_budget *budget)
{
	struct pages_locked locked = pages_lock(vcpu->domain);
	mfn_t old = vcpu->pv.user_table;
	int rc = settle(locked, budget);

	if (rc == 0 && table.n != 0)
		rc = base_get(locked, table, budget);
	if (rc == 0) {
		vcpu->pv.user_table = table;
		base_put(locked, old);
		rc = settle(locked, budget);
	}
	pages_unlock(locked);
	return rc;
}

void mmu_release_tables(struct vcpu *vcpu)
{
	struct pages_locked locked = pages_lock(vcpu->domain);

	base_put(locked, vcpu->pv.user_table);
	base_put(locked, vcpu->pv.kernel_table);
	vcpu->pv.user_table = mfn(0);
	vcpu->pv.kernel_table = mfn(0);
	pages_unlock(locked);
}

void mmu_flush_local(void)
{
	cpu_flush_all();
}

void mmu_flush_page_local(uint64_t va)
{
	if (guest_range_ok(va, 1))
		cpu_flush_page(va);
}
