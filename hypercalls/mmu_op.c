/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/mmu_op.c - mmu_update, update_va_mapping and mmuext_op: batches
 * in, one checked change after another, how many were done out.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/segments.h"
#include "xen-like/pv/switch.h"

/* In a count: this is the rest of a call, and the done count goes on. */
#define PREEMPTED 0x80000000ull

/* Whose tables change, and whose pages they may map. */
struct mmu_parties {
	struct domain *tables, *pages;
};

static void parties_put(struct mmu_parties parties)
{
	if (parties.pages)
		domain_put(parties.pages);
	if (parties.tables)
		domain_put(parties.tables);
}

/*
 * A domain the caller may act on: itself, or for a control domain any.  As in
 * Xen, a caller that spells itself by number is refused.
 */
static struct domain *party_get(domid_t id, int *rc)
{
	struct domain *domain;

	if (id != DOMID_SELF && !current_domain()->control) {
		*rc = -XEN_EPERM;
		return NULL;
	}
	if (id == current_domain()->id) {
		*rc = -XEN_ESRCH;
		return NULL;
	}
	domain = id == DOMID_IO ? domain_get_io() : domain_get(id);
	*rc = domain ? 0 : -XEN_ESRCH;
	return domain;
}

/* foreigndom: bits 0-15 whose pages; bits 16-31 whose tables, plus one. */
static int parties_get(uint32_t foreign, struct mmu_parties *parties)
{
	uint16_t tables = (uint16_t)(foreign >> 16);
	int rc;

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

static int table_write(struct pages_locked locked, uint64_t address, uint64_t value,
		       struct domain *pages, bool keep_marks, struct work_budget *budget)
{
	mfn_t table = maddr_to_mfn(maddr(address));
	struct table_slot slot = {.table = table, .index = (address & ~PAGE_MASK) / 8};
	int rc;

	if (!frame_get(table, locked.domain->id))
		return -XEN_EINVAL;
	slot.level = mmu_table_level(table);
	if (slot.level > 0) {
		rc = mmu_entry_write(locked, slot, value, pages, keep_marks, budget);
	} else {
		/* A page that is no table: an ordinary store. */
		rc = page_writable_get(table);
		if (rc == 0) {
			write_once(((uint64_t *)frame_map(table))[slot.index], value);
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

/* How far a batch came. */
struct batch {
	uint64_t next; /* guest address of the first element not done */
	uint32_t left;
	uint32_t done; /* over all parts of the call */
	guest_va_t done_out;
};

static int batch_begin(struct batch *batch, reg_t list, reg_t count, reg_t done_out)
{
	*batch = (struct batch){
		.next = list,
		.left = (uint32_t)(count & ~PREEMPTED),
		.done_out = guest_va(done_out),
	};
	if ((count & PREEMPTED) && done_out)
		return copy_from_guest(&batch->done, batch->done_out, 4) ? 0 : -XEN_EFAULT;
	return 0;
}

/* Reports the count and arranges the rest of the call if it is to go on. */
static int64_t batch_end(struct batch *batch, int rc)
{
	struct hypercall *call = &current_vcpu()->call;

	/* As in Xen, a count nobody can read is no error of the call. */
	if (batch->done_out.va)
		(void)!copy_to_guest(batch->done_out, &batch->done, 4);
	if (rc == -XEN_ERESTART) {
		call->args[0] = batch->next;
		call->args[1] = batch->left | PREEMPTED;
	}
	return rc;
}

static void batch_advance(struct batch *batch, size_t size)
{
	batch->next += size;
	batch->left--;
	batch->done++;
}

int64_t hc_mmu_update(reg_t list, reg_t count, reg_t done_out, reg_t foreign)
{
	struct work_budget budget = WORK_BUDGET;
	struct mmu_parties parties;
	struct batch batch;
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

/* Flushing ----------------------------------------------------------------- */

/* The CPUs that run the vCPUs of a guest's bitmap, read no further than they reach. */
static int cpus_of_vcpus(struct domain *domain, guest_va_t bitmap, struct cpumask *mask)
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

static int flush_for_va_mapping(struct vcpu *vcpu, uint64_t va, uint64_t flags)
{
	uint64_t scope = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;
	bool all = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_TLB_FLUSH;
	struct cpumask mask;

	if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE)
		return 0;
	if (scope == UVMF_LOCAL) {
		if (all)
			mmu_flush_local();
		else
			mmu_flush_page_local(va);
		return 0;
	}
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

/* update_va_mapping -------------------------------------------------------- */

static int64_t va_mapping_update(uint64_t va, uint64_t value, uint64_t flags, struct domain *pages)
{
	struct vcpu *vcpu = current_vcpu();
	struct work_budget budget = WORK_BUDGET;
	struct pages_locked locked = pages_lock(vcpu->domain);
	struct table_slot slot;
	int rc = page_type_settle(locked, &budget);

	if (rc == 0)
		rc = mmu_find_slot(vcpu, va, &slot)
			     ? mmu_entry_write(locked, slot, value, pages, false, &budget)
			     : -XEN_EINVAL;
	pages_unlock(locked);
	if (rc == 0)
		rc = flush_for_va_mapping(vcpu, va, flags);
	return rc;
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
	domain_put(pages);
	return rc;
}

/* mmuext_op ---------------------------------------------------------------- */

static int pin_op(struct domain *domain, const struct mmuext_op *op, struct work_budget *budget)
{
	struct pages_locked locked = pages_lock(domain);
	mfn_t table = mfn(op->arg1.mfn);
	int rc = page_type_settle(locked, budget);

	if (rc == 0 && op->cmd == MMUEXT_UNPIN_TABLE) {
		rc = mmu_unpin(locked, table, budget);
		if (rc == -XEN_ERESTART)
			rc = 0; /* unpinned; the next settle goes on taking it apart */
	} else if (rc == 0) {
		rc = mmu_pin(locked, table,
			     (enum frame_type)(FRAME_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE)), budget);
	}
	pages_unlock(locked);
	return rc;
}

static int page_content_op(struct domain *domain, const struct mmuext_op *op)
{
	mfn_t target = mfn(op->arg1.mfn), source = mfn(op->arg2.src_mfn);
	bool copy = op->cmd == MMUEXT_COPY_PAGE;
	int rc;

	if (copy && !frame_get(source, domain->id))
		return -XEN_EINVAL;
	rc = frame_get(target, domain->id) ? 0 : -XEN_EINVAL;
	if (rc == 0) {
		rc = page_writable_get(target) == 0 ? 0 : -XEN_EINVAL;
		if (rc == 0) {
			if (copy)
				__builtin_memcpy(frame_map(target), frame_map(source), PAGE_SIZE);
			else
				__builtin_memset(frame_map(target), 0, PAGE_SIZE);
			page_writable_put(target);
		}
		frame_put(target);
	}
	if (copy)
		frame_put(source);
	return rc;
}

static int flush_multi(struct vcpu *vcpu, const struct mmuext_op *op)
{
	struct cpumask mask;
	if (cpus_of_vcpus(vcpu->domain, guest_va((uint64_t)op->arg2.vcpumask.p), &mask) != 0)
		return -XEN_EINVAL;
	if (op->cmd == MMUEXT_TLB_FLUSH_MULTI)
		tlb_flush_cpus(&mask);
	else if (guest_range_ok(op->arg1.linear_addr, 1))
		tlb_flush_page_cpus(&mask, op->arg1.linear_addr);
	return 0;
}

static int ext_one(struct vcpu *vcpu, struct domain *domain, const struct mmuext_op *op,
		   struct work_budget *budget)
{
	bool own = domain == vcpu->domain;

	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE ... MMUEXT_PIN_L4_TABLE:
	case MMUEXT_UNPIN_TABLE:
		return pin_op(domain, op, budget);
	case MMUEXT_CLEAR_PAGE:
	case MMUEXT_COPY_PAGE:
		return page_content_op(domain, op);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -XEN_EOPNOTSUPP;
	default:
		break;
	}
	if (!own)
		return -XEN_EPERM;
	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR:
		return mmu_set_kernel_table(vcpu, mfn(op->arg1.mfn), budget);
	case MMUEXT_NEW_USER_BASEPTR:
		return mmu_set_user_table(vcpu, mfn(op->arg1.mfn), budget);
	case MMUEXT_TLB_FLUSH_LOCAL:
		mmu_flush_local();
		return 0;
	case MMUEXT_INVLPG_LOCAL:
		mmu_flush_page_local(op->arg1.linear_addr);
		return 0;
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
		return flush_multi(vcpu, op);
	case MMUEXT_TLB_FLUSH_ALL:
		tlb_flush_cpus(&domain->dirty_cpus);
		return 0;
	case MMUEXT_INVLPG_ALL:
		if (guest_range_ok(op->arg1.linear_addr, 1))
			tlb_flush_page_cpus(&domain->dirty_cpus, op->arg1.linear_addr);
		return 0;
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		if (!domain->hardware)
			return -XEN_EINVAL;
		__asm__ volatile("wbinvd" : : : "memory");
		return 0;
	case MMUEXT_SET_LDT:
		return segments_set_ldt(vcpu, op->arg1.linear_addr, op->arg2.nr_ents, budget);
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_mmuext_op(reg_t list, reg_t count, reg_t done_out, reg_t foreign)
{
	struct work_budget budget = WORK_BUDGET;
	struct batch batch;
	int rc;
	struct domain *domain = party_get((domid_t)foreign, &rc);

	if (!domain)
		return rc;
	rc = batch_begin(&batch, list, count, done_out);
	while (rc == 0 && batch.left > 0) {
		struct mmuext_op op;

		if (work_done(&budget, 2)) {
			rc = -XEN_ERESTART;
			break;
		}
		if (!copy_from_guest(&op, guest_va(batch.next), sizeof(op)))
			rc = -XEN_EFAULT;
		else
			rc = ext_one(current_vcpu(), domain, &op, &budget);
		if (rc == 0)
			batch_advance(&batch, sizeof(op));
	}
	domain_put(domain);
	return batch_end(&batch, rc);
}
