/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/mmu_batch.h - what mmu_op.c and mmuext_op.c share: whom a call is about, and how
 * far a batch of operations has come, part after part.
 */
#pragma once

#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

/* In a count: this is the rest of a call, and the done count goes on. */
#define PREEMPTED 0x80000000ull

/* The caller's own domain stays as long as it calls: no reference is taken. */
static inline void party_put(struct domain *domain)
{
	if (domain && domain != current_domain())
		domain_put(domain);
}

/*
 * A domain the caller may act on: itself, or for a control domain any.  As in
 * Xen, a caller that spells itself by number is refused.
 */
static inline struct domain *party_get(domid_t id, int *rc)
{
	struct domain *domain;

	*rc = 0;
	if (id == DOMID_SELF)
		return current_domain();
	if (!domain_controls(current_domain())) {
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

/* How far a batch came. */
struct batch {
	uint64_t next; /* guest address of the first element not done */
	uint32_t left;
	uint32_t done; /* over all parts of the call */
	guest_va_t done_out;
};

static inline int batch_begin(struct batch *batch, reg_t list, reg_t count, reg_t done_out)
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
static inline int64_t batch_end(struct batch *batch, int rc)
{
	/* As in Xen, a count nobody can read is no error of the call. */
	if (batch->done_out.va)
		(void)!copy_to_guest(batch->done_out, &batch->done, 4);
	if (rc == -XEN_ERESTART) {
		hypercall_set_argument(0, batch->next);
		hypercall_set_argument(1, batch->left | PREEMPTED);
	}
	return rc;
}

static inline void batch_advance(struct batch *batch, size_t size)
{
	batch->next += size;
	batch->left--;
	batch->done++;
}

/*
 * mmu_op.c: the CPUs that run the vCPUs of a guest's bitmap, read no further than they reach.
 * 0 or -XEN_EFAULT.
 */
int cpus_of_vcpus(struct domain *domain, guest_va_t bitmap, struct cpumask *mask);
