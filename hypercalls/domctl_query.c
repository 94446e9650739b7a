/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domctl_query.c - domain control: how a domain does, what its vCPUs
 * hold and how its pages are used; and the triggers it can be sent.
 */
#include "hypercalls/domain_info.h"
#include "hypercalls/domctl.h"
#include "xen-like/domain/context.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/sched/sched.h"

#define FRAMES_MAX 1024u

/* Domains and vCPUs ------------------------------------------------------------- */

/* The first domain from that number on: tools look through all of them this way. */
long domctl_getdomaininfo(struct domain *none, struct xen_domctl *request)
{
	struct domain *domain;

	(void)none;
	if (request->domain >= DOMID_FIRST_RESERVED)
		return -XEN_EINVAL;
	domain = domain_get_next(request->domain);
	if (!domain)
		return -XEN_ESRCH;
	domain_info_fill(domain, &request->u.getdomaininfo);
	request->domain = domain->id;
	domain_put(domain);
	return 0;
}

long domctl_getvcpuinfo(struct domain *domain, struct xen_domctl *request)
{
	struct xen_domctl_getvcpuinfo *info = &request->u.getvcpuinfo;
	const struct vcpu *vcpu = domain_vcpu(domain, info->vcpu);
	struct vcpu_activity activity;

	if (!vcpu)
		return -XEN_EINVAL;
	activity = sched_vcpu_activity(vcpu);
	*info = (struct xen_domctl_getvcpuinfo){
		.vcpu = info->vcpu,
		.online = activity.up,
		.blocked = activity.blocked,
		.running = activity.running,
		.cpu_time = activity.ran_ns,
		.cpu = activity.cpu,
	};
	return 0;
}

static bool context_copy(struct vcpu *vcpu, vcpu_guest_context_t *context, guest_va_t to)
{
	vcpu_pause_sync(vcpu);
	vcpu_get_context(vcpu, context);
	vcpu_unpause(vcpu);
	return copy_to_guest(to, context, sizeof(*context));
}

long domctl_getvcpucontext(struct domain *domain, struct xen_domctl *request)
{
	const struct xen_domctl_vcpucontext *wanted = &request->u.vcpucontext;
	struct vcpu *vcpu = domain_vcpu(domain, wanted->vcpu);
	vcpu_guest_context_t *context;
	long rc;

	if (!vcpu)
		return -XEN_EINVAL;
	if (!vcpu->initialised)
		return -XEN_ENODATA;
	context = heap_new(vcpu_guest_context_t);
	if (!context)
		return -XEN_ENOMEM;
	rc = context_copy(vcpu, context, guest_va((uint64_t)wanted->ctxt.p)) ? 0 : -XEN_EFAULT;
	heap_free(context);
	return rc;
}

/* A paravirtual guest has an NMI to be sent; power and sleep are a machine's buttons. */
long domctl_sendtrigger(struct domain *domain, struct xen_domctl *request)
{
	struct vcpu *vcpu = domain_vcpu(domain, request->u.sendtrigger.vcpu);

	if (!vcpu)
		return -XEN_ESRCH;
	switch (request->u.sendtrigger.trigger) {
	case XEN_DOMCTL_SENDTRIGGER_NMI:
		if (!exchange(&vcpu->pv.nmi_pending, true)) {
			sched_wake(vcpu);
			sched_kick(vcpu);
		}
		return 0;
	case XEN_DOMCTL_SENDTRIGGER_POWER:
	case XEN_DOMCTL_SENDTRIGGER_SLEEP:
		return -XEN_EINVAL;
	default:
		return -XEN_ENOSYS;
	}
}

/* Pages ------------------------------------------------------------------------- */

static uint64_t frame_info(const struct domain *domain, mfn_t frame)
{
	uint64_t state, info = XEN_DOMCTL_PFINFO_NOTAB;

	if (!frame_is_ram(frame) || !frame_get(frame, domain->id))
		return XEN_DOMCTL_PFINFO_XTAB;
	state = read_once(frame_of(frame)->state);
	switch (frame_type(state)) {
	case FRAME_L1:
		info = XEN_DOMCTL_PFINFO_L1TAB;
		break;
	case FRAME_L2:
		info = XEN_DOMCTL_PFINFO_L2TAB;
		break;
	case FRAME_L3:
		info = XEN_DOMCTL_PFINFO_L3TAB;
		break;
	case FRAME_L4:
		info = XEN_DOMCTL_PFINFO_L4TAB;
		break;
	case FRAME_NONE:
	case FRAME_WRITABLE:
	case FRAME_DESCRIPTORS:
		break;
	}
	if (state & FRAME_PINNED)
		info |= XEN_DOMCTL_PFINFO_LPINTAB;
	frame_put(frame);
	return info;
}

/* Each number in the caller's list is replaced by what that page is used for. */
long domctl_getpageframeinfo3(struct domain *domain, struct xen_domctl *request)
{
	const struct xen_domctl_getpageframeinfo3 *wanted = &request->u.getpageframeinfo3;
	guest_va_t list = guest_va((uint64_t)wanted->array.p);

	if (wanted->num > FRAMES_MAX)
		return -XEN_E2BIG;
	for (uint64_t i = 0; i < wanted->num; i++) {
		guest_va_t place = guest_element(list, i, sizeof(xen_pfn_t));
		xen_pfn_t entry;

		if (!copy_from_guest(&entry, place, sizeof(entry)))
			return -XEN_EFAULT;
		entry = frame_info(domain, mfn(entry));
		if (!copy_to_guest(place, &entry, sizeof(entry)))
			return -XEN_EFAULT;
	}
	return 0;
}
