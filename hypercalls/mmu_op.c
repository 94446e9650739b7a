/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/mmu_op.c - mmu_update and update_va_mapping: changes of entries of page
 * tables, each checked, how many were done out.
 */
#include "hypercalls/mmu_batch.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/switch.h"

/* Whose tables change, and whose pages they may map. */
struct mmu_parties {
	struct domain *tables, *pages;
};

static void parties_put(struct mmu_parties parties)
{
	party_put(parties.pages);
	party_put(parties.tables);
}

/* foreigndom: bits 0-15 whose pages; bits 16-31 whose tables, plus one. */
static int parties_get(uint32_t foreign, struct mmu_parties *parties)
{
	uint16_t tables = (uint16_t)(foreign >> 16);
	int rc;

	*parties = (struct mmu_parties){current_domain(), current_domain()};
	if (likely(foreign == DOMID_SELF))
		return 0;
	*parties = (struct mmu_parties){NULL, NULL};
	if (tables == current_domain()->id + 1u)
		tables = 0; /* here its own number is as good */
	parties->tables = party_get(tables ? (domid_t)(tables - 1) : DOMID_SELF, &rc);
	if (rc != 0)
		return rc;
	parties->pages = party_get((domid_t)foreign, &rc);
	if (rc != 0)
		parties_put(*parties);
	return rc;
}

/* mmu_update --------------------------------------------------------------- */

static uint64_t *table_entry(mfn_t table, uint64_t index)
{
	return (uint64_t *)frame_map(table) + index;
}

/* An entry of the L1 that the update before was of, or NULL; by our number, as CPUs guess. */
static uint64_t *leaf_entry(const struct domain *domain, uint64_t address)
{
	mfn_t leaf = domain->leaf_table;

	if (unlikely(leaf.n == 0 || !mfn_equal(maddr_to_mfn(maddr(address)), leaf)))
		return NULL;
	return table_entry(leaf, (address & ~PAGE_MASK) / 8);
}

static int table_write(struct pages_locked locked, uint64_t address, uint64_t value,
		       struct domain *pages, bool keep_marks, struct work_budget *budget)
{
	mfn_t table = maddr_to_mfn(maddr(address));
	struct table_slot slot = {.table = table, .index = (address & ~PAGE_MASK) / 8};
	uint64_t *leaf = leaf_entry(locked.domain, address);
	int rc;

	if (likely(leaf != NULL))
		return mmu_leaf_write(locked, leaf, value, pages, keep_marks);
	if (!frame_get(table, locked.domain->id))
		return -XEN_EINVAL;
	slot.level = mmu_table_level(table);
	if (slot.level > 0) {
		rc = mmu_entry_write(locked, slot, value, pages, keep_marks, budget);
		if (rc == 0 && slot.level == 1)
			locked.domain->leaf_table = table;
	} else {
		/* A page that is no table: an ordinary store. */
		rc = page_writable_get(table);
		if (rc == 0) {
			write_once(*table_entry(table, slot.index), value);
			page_writable_put(table);
		}
	}
	frame_put(table);
	return rc;
}

static int machphys_update(mfn_t frame, uint64_t value, struct domain *pages)
{
	if (!frame_get(frame, pages->id))
		return -XEN_EINVAL;
	m2p_set(frame, value);
	frame_put(frame);
	return 0;
}

static int update_one(struct mmu_parties parties, const struct mmu_update *update,
		      struct work_budget *budget)
{
	unsigned int command = update->ptr & 7;
	uint64_t address = update->ptr & ~7ull;
	struct pages_locked locked;
	int rc;

	if (command == MMU_MACHPHYS_UPDATE)
		return machphys_update(maddr_to_mfn(maddr(address)), update->val, parties.pages);
	if (command > MMU_PT_UPDATE_NO_TRANSLATE)
		return -XEN_ENOSYS;

	locked = pages_lock(parties.tables);
	rc = page_type_settle(locked, budget);
	if (rc == 0)
		rc = table_write(locked, address, update->val, parties.pages,
				 command == MMU_PT_UPDATE_PRESERVE_AD, budget);
	/* What the old entry left over, the next operation on types takes apart. */
	pages_unlock(locked);
	return rc;
}

static NOINLINE int64_t update_all(reg_t list, reg_t count, reg_t done_out, reg_t foreign)
{
	struct work_budget budget = WORK_BUDGET;
	struct mmu_parties parties;
	struct batch batch __attribute__((uninitialized)); /* batch_begin() */
	int rc = parties_get((uint32_t)foreign, &parties);

	if (rc != 0)
		return rc;
	rc = batch_begin(&batch, list, count, done_out);
	while (rc == 0 && batch.left > 0) {
		struct mmu_update update;

		if (work_done(&budget, 2)) {
			rc = -XEN_ERESTART;
			break;
		}
		if (!copy_from_guest(&update, guest_va(batch.next), sizeof(update)))
			rc = -XEN_EFAULT;
		else
			rc = update_one(parties, &update, &budget);
		if (rc == 0)
			batch_advance(&batch, sizeof(update));
	}
	parties_put(parties);
	return batch_end(&batch, rc);
}

/*
 * One update of its own tables: Linux' answer to a page fault, mostly in the L1 of the
 * one before.  What else it may be is for all cases.
 */
static int64_t update_single(reg_t list)
{
	struct domain *domain = current_domain();
	struct mmu_update update __attribute__((uninitialized));
	struct pages_locked locked;
	uint64_t *leaf;
	int rc = -XEN_ERESTART;

	if (!copy_from_guest(&update, guest_va(list), sizeof(update)) ||
	    (update.ptr & 7 & ~(uint64_t)MMU_PT_UPDATE_PRESERVE_AD))
		return update_all(list, 1, 0, DOMID_SELF);
	locked = pages_lock(domain);
	leaf = leaf_entry(domain, update.ptr);
	if (likely(leaf && page_type_settled(locked)))
		rc = mmu_leaf_write(locked, leaf, update.val, domain,
				    update.ptr & MMU_PT_UPDATE_PRESERVE_AD);
	pages_unlock(locked);
	return likely(rc != -XEN_ERESTART) ? rc : update_all(list, 1, 0, DOMID_SELF);
}

int64_t hc_mmu_update(reg_t list, reg_t count, reg_t done_out, reg_t foreign)
{
	if (likely(count == 1 && !done_out && foreign == DOMID_SELF))
		return update_single(list);
	return update_all(list, count, done_out, foreign);
}

/* Flushing ----------------------------------------------------------------- */

int cpus_of_vcpus(struct domain *domain, guest_va_t bitmap, struct cpumask *mask)
{
	uint8_t bits[MAX_VCPUS / 8] = {0};

	*mask = (struct cpumask){.bits = {0}};
	if (!copy_from_guest(bits, bitmap, (domain->max_vcpus + 7) / 8))
		return -XEN_EFAULT;
	for (uint32_t i = 0; i < domain->max_vcpus; i++) {
		const struct vcpu *vcpu = domain->vcpus[i];

		if ((bits[i / 8] & (1u << (i % 8))) && vcpu && read_once(vcpu->dirty))
			mask->bits[vcpu->state_cpu / 64] |= 1ull << (vcpu->state_cpu % 64);
	}
	return 0;
}

static NOINLINE int flush_on_cpus(struct vcpu *vcpu, uint64_t va, uint64_t scope, bool all)
{
	struct cpumask mask;

	if (scope == UVMF_ALL) {
		mask = vcpu->domain->dirty_cpus;
	} else {
		int rc = cpus_of_vcpus(vcpu->domain, guest_va(scope), &mask);

		if (rc != 0)
			return rc;
	}
	if (all)
		tlb_flush_cpus(&mask);
	else
		tlb_flush_page_cpus(&mask, va);
	return 0;
}

static int flush_for_va_mapping(struct vcpu *vcpu, uint64_t va, uint64_t flags)
{
	uint64_t scope = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;
	bool all = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH;

	if (scope != UVMF_LOCAL)
		return flush_on_cpus(vcpu, va, scope, all);
	if (all)
		mmu_flush_local();
	else
		mmu_flush_page_local(va);
	return 0;
}

/* update_va_mapping -------------------------------------------------------- */

/* page_type_settle() with a budget of its own: there hardly ever is anything. */
static NOINLINE int settle_slowly(struct pages_locked locked)
{
	struct work_budget budget = WORK_BUDGET;

	return page_type_settle(locked, &budget);
}

static int settle(struct pages_locked locked)
{
	return likely(page_type_settled(locked)) ? 0 : settle_slowly(locked);
}

static int64_t va_mapping_update(uint64_t va, uint64_t value, uint64_t flags,
				 const struct domain *pages)
{
	struct vcpu *vcpu = current_vcpu();
	struct pages_locked locked = pages_lock(vcpu->domain);
	uint64_t *entry;
	int rc = settle(locked);

	if (rc == 0) {
		entry = mmu_find_leaf(vcpu, va);
		rc = entry ? mmu_leaf_write(locked, entry, value, pages, false) : -XEN_EINVAL;
	}
	pages_unlock(locked);
	if (rc != 0 || (flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE)
		return rc;
	return flush_for_va_mapping(vcpu, va, flags);
}

int64_t hc_update_va_mapping(reg_t va, reg_t value, reg_t flags)
{
	return va_mapping_update(va, value, flags, current_domain());
}

int64_t hc_update_va_mapping_otherdomain(reg_t va, reg_t value, reg_t flags, reg_t domid)
{
	int rc;
	struct domain *pages = party_get((domid_t)domid, &rc);

	if (!pages)
		return rc;
	rc = (int)va_mapping_update(va, value, flags, pages);
	party_put(pages);
	return rc;
}
