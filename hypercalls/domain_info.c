/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/domain_info.c - see domain_info.h.
 */
#include "hypercalls/domain_info.h"
#include "xen-like/base/string.h"
#include "xen-like/sched/sched.h"

/* The ABI's "not shut down": tools look at the code only beside the flag. */
#define NO_SHUTDOWN_CODE XEN_DOMINF_shutdownmask

static uint32_t state_flags(struct domain *domain)
{
	uint32_t code = NO_SHUTDOWN_CODE, flags = 0;
	enum domain_state state;

	spin_lock(&domain->lock);
	state = domain->state;
	/* A domain that is taken apart has not shut down by itself, or already had. */
	if (domain->shutdown_code || state == DOMAIN_SHUTDOWN)
		code = domain->shutdown_code & XEN_DOMINF_shutdownmask;
	if (state == DOMAIN_SHUTDOWN)
		flags |= XEN_DOMINF_shutdown;
	if (state == DOMAIN_DEAD)
		flags |= XEN_DOMINF_dying;
	if (domain->controller_pauses)
		flags |= XEN_DOMINF_paused;
	spin_unlock(&domain->lock);
	return flags | code << XEN_DOMINF_shutdownshift;
}

/* A domain is blocked when all its vCPUs that are up are; one with none up is neither. */
static void add_vcpus(const struct domain *domain, struct xen_domctl_getdomaininfo *info)
{
	uint32_t blocked = 0;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for (uint32_t i = 0; i < domain->max_vcpus; i++) {
		const struct vcpu *vcpu = domain_vcpu(domain, i);
		struct vcpu_activity activity;

		if (!vcpu)
			continue;
		activity = sched_vcpu_activity(vcpu);
		info->max_vcpu_id = i;
		info->cpu_time += activity.ran_ns;
		info->nr_online_vcpus += activity.up;
		blocked += activity.up && activity.blocked;
		if (activity.up && activity.running)
			info->flags |= XEN_DOMINF_running;
	}
	if (blocked && blocked == info->nr_online_vcpus)
		info->flags |= XEN_DOMINF_blocked;
}

void domain_info_fill(struct domain *domain, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = domain->id;
	info->flags = state_flags(domain);
	info->tot_pages = read_once(domain->pages);
	/* Without a limit: the most that fits the tools' KiB in 64 bits by far. */
	info->max_pages = MIN(read_once(domain->max_pages), (uint64_t)UINT32_MAX);
	info->shared_info_frame = domain->shared_frame.n;
	add_vcpus(domain, info);
	spin_lock(&domain->lock);
	memcpy(info->handle, domain->handle, sizeof(info->handle));
	spin_unlock(&domain->lock);
	info->gpaddr_bits = cpu_features.physical_bits;
	if (domain->hardware)
		info->arch_config.emulation_flags = XEN_X86_EMU_PIT;
}
