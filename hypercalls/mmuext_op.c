/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/mmuext_op.c - mmuext_op: which tables are in use, what TLBs and caches hold,
 * contents of pages.  Batches in, how many were done out.
 */
#include "hypercalls/mmu_batch.h"
#include "xen-like/console.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/segments.h"
#include "xen-like/pv/switch.h"

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

static NOINLINE int ext_other(struct vcpu *vcpu, struct domain *domain, const struct mmuext_op *op,
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
		flush_caches();
		return 0;
	case MMUEXT_SET_LDT:
		return segments_set_ldt(vcpu, op->arg1.linear_addr, op->arg2.nr_ents, budget);
	default:
		return -XEN_ENOSYS;
	}
}

/* First what a kernel asks for when it switches processes. */
static inline int ext_one(struct vcpu *vcpu, struct domain *domain, const struct mmuext_op *op,
			  struct work_budget *budget)
{
	if (likely(domain == vcpu->domain)) {
		if (op->cmd == MMUEXT_NEW_BASEPTR)
			return mmu_set_kernel_table(vcpu, mfn(op->arg1.mfn), budget);
		if (op->cmd == MMUEXT_NEW_USER_BASEPTR)
			return mmu_set_user_table(vcpu, mfn(op->arg1.mfn), budget);
	}
	return ext_other(vcpu, domain, op, budget);
}

int64_t hc_mmuext_op(reg_t list, reg_t count, reg_t done_out, reg_t foreign)
{
	struct work_budget budget = WORK_BUDGET;
	struct batch batch __attribute__((uninitialized)); /* batch_begin() */
	struct domain *domain = current_domain();
	int rc;

	if (unlikely((domid_t)foreign != DOMID_SELF)) {
		domain = party_get((domid_t)foreign, &rc);
		if (!domain)
			return rc;
	}
	rc = batch_begin(&batch, list, count, done_out);
	while (rc == 0 && batch.left > 0) {
		/* Not cleared first: it is copied whole, or not used. */
		struct mmuext_op op __attribute__((uninitialized));

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
	party_put(domain);
	return batch_end(&batch, rc);
}
