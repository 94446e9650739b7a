/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domctl_build.c - domain control: what a builder sets in a domain
 * before it runs, and what it may be allowed.
 */
#include "hypercalls/domctl.h"
#include "xen-like/console.h"
#include "xen-like/domain/context.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/hypercall_page.h"
#include "xen-like/sched/sched.h"

#define NS_PER_SECOND 1000000000ll
/* 17 years either way: the sum with today's date fits 64 bits of nanoseconds. */
#define TIME_OFFSET_MAX	       (1ll << 29)

#define TSC_MODE_DEFAULT       0
#define TSC_MODE_NEVER_EMULATE 2

/* vCPUs ----------------------------------------------------------------------- */

static long context_set(struct vcpu *vcpu, const vcpu_guest_context_t *context)
{
	struct domain *domain = vcpu->domain;
	long rc;

	vcpu_pause_sync(vcpu);
	spin_lock(&domain->lock);
	rc = domain_is_dying(domain) ? -XEN_EINVAL : vcpu_set_context(vcpu, context);
	spin_unlock(&domain->lock);
	if (rc == 0) {
		if (context->flags & VGCF_online)
			vcpu_set_up(vcpu);
		else
			vcpu_set_down(vcpu);
	}
	vcpu_unpause(vcpu);
	return rc;
}

/* Without a context: the vCPU is as it was made. */
static long context_reset(struct vcpu *vcpu)
{
	vcpu_pause_sync(vcpu);
	vcpu_set_down(vcpu);
	vcpu_reset_context(vcpu);
	vcpu_unpause(vcpu);
	return 0;
}

long domctl_setvcpucontext(struct domain *domain, struct xen_domctl *request)
{
	struct vcpu *vcpu = domain_vcpu(domain, request->u.vcpucontext.vcpu);
	guest_va_t from = guest_va((uint64_t)request->u.vcpucontext.ctxt.p);
	vcpu_guest_context_t *context;
	long rc;

	if (!vcpu)
		return -XEN_EINVAL;
	if (!from.va)
		return context_reset(vcpu);
	context = heap_new(vcpu_guest_context_t);
	if (!context)
		return -XEN_ENOMEM;
	if (copy_from_guest(context, from, sizeof(*context)))
		rc = context_set(vcpu, context);
	else
		rc = -XEN_EFAULT;
	heap_free(context);
	return rc;
}

long domctl_hypercall_init(struct domain *domain, struct xen_domctl *request)
{
	mfn_t frame = mfn(request->u.hypercall_init.gmfn);

	if (!frame_get(frame, domain->id))
		return -XEN_EINVAL;
	if (page_writable_get(frame) != 0) {
		frame_put(frame);
		return -XEN_EINVAL;
	}
	hypercall_page_fill(frame_map(frame));
	page_writable_put(frame);
	frame_put(frame);
	return 0;
}

/* Kind and clock --------------------------------------------------------------- */

long domctl_set_address_size(struct domain *domain, struct xen_domctl *request)
{
	(void)domain;
	switch (request->u.address_size.size) {
	case 64:
		return 0;
	case 32:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_EINVAL;
	}
}

long domctl_get_address_size(struct domain *domain, struct xen_domctl *request)
{
	(void)domain;
	request->u.address_size.size = 64;
	return 0;
}

long domctl_settimeoffset(struct domain *domain, struct xen_domctl *request)
{
	int64_t seconds = request->u.settimeoffset.time_offset_seconds;

	if (seconds > TIME_OFFSET_MAX || seconds < -TIME_OFFSET_MAX)
		return -XEN_EINVAL;
	domain->time_offset_ns = (uint64_t)(seconds * NS_PER_SECOND);
	domain_update_wallclock(domain);
	return 0;
}

long domctl_settscinfo(struct domain *domain, struct xen_domctl *request)
{
	(void)domain;
	switch (request->u.tsc_info.tsc_mode) {
	case TSC_MODE_DEFAULT:
	case TSC_MODE_NEVER_EMULATE:
		return 0;
	default:
		/* The guest reads the CPU's own counter, always. */
		return -XEN_EOPNOTSUPP;
	}
}

long domctl_gettscinfo(struct domain *domain, struct xen_domctl *request)
{
	(void)domain;
	request->u.tsc_info = (struct xen_domctl_tsc_info){.tsc_mode = TSC_MODE_DEFAULT};
	return 0;
}

/* Rights ------------------------------------------------------------------------ */

/*
 * Devices are the hardware domain's: without an IOMMU a guest that drives one
 * could read and write all memory.  To allow it nothing is what it has.
 */
static long right_set(const struct domain *domain, bool allow)
{
	if (!allow)
		return domain->hardware ? -XEN_EOPNOTSUPP : 0;
	return domain->hardware ? 0 : -XEN_EOPNOTSUPP;
}

long domctl_irq_permission(struct domain *domain, struct xen_domctl *request)
{
	return right_set(domain, request->u.irq_permission.allow_access);
}

long domctl_iomem_permission(struct domain *domain, struct xen_domctl *request)
{
	return right_set(domain, request->u.iomem_permission.allow_access);
}

long domctl_ioport_permission(struct domain *domain, struct xen_domctl *request)
{
	return right_set(domain, request->u.ioport_permission.allow_access);
}

long domctl_setdebugging(struct domain *domain, struct xen_domctl *request)
{
	(void)domain;
	return request->u.setdebugging.enable ? -XEN_EOPNOTSUPP : 0;
}

/* Every global virq goes to the hardware domain. */
long domctl_set_virq_handler(struct domain *domain, struct xen_domctl *request)
{
	if (request->u.set_virq_handler.virq >= NR_VIRQS)
		return -XEN_EINVAL;
	return domain->hardware ? 0 : -XEN_EOPNOTSUPP;
}
