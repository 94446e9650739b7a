/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/vcpu_op.c - a domain's virtual CPUs: started, stopped, timed.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/base/string.h"
#include "xen-like/domain/context.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/sched/runstate.h"
#include "xen-like/sched/sched.h"

#define SHORTEST_PERIOD_NS 1000000ull

static int64_t initialise(struct vcpu *vcpu, guest_va_t argument)
{
	vcpu_guest_context_t *context;
	int64_t rc;

	if (vcpu->initialised)
		return -XEN_EEXIST;
	context = heap_new(vcpu_guest_context_t);
	if (!context)
		return -XEN_ENOMEM;
	if (!copy_from_guest(context, argument, sizeof(*context))) {
		heap_free(context);
		return -XEN_EFAULT;
	}
	spin_lock(&vcpu->domain->lock);
	rc = vcpu->initialised ? -XEN_EEXIST : vcpu_set_context(vcpu, context);
	if (rc == 0)
		write_once(vcpu->info->evtchn_upcall_mask, 1);
	spin_unlock(&vcpu->domain->lock);
	heap_free(context);
	return rc;
}

static int64_t bring_up(struct vcpu *vcpu)
{
	if (!vcpu->initialised)
		return -XEN_EINVAL;
	vcpu_set_up(vcpu);
	return 0;
}

/* With its last vCPU the domain itself is done: nobody could bring one up again. */
static int64_t take_down(struct vcpu *vcpu)
{
	struct domain *domain = vcpu->domain;

	vcpu_set_down(vcpu);
	for (uint32_t i = 0; i < domain->max_vcpus; i++)
		if (!read_once(domain->vcpus[i]->down))
			return 0;
	domain_shutdown(domain, SHUTDOWN_poweroff);
	return 0;
}

/* A vCPU whose memory the caller may name: itself, or one that is not up. */
static bool may_register_for(const struct vcpu *vcpu)
{
	return vcpu == current_vcpu() || read_once(vcpu->down);
}

static int64_t register_info(struct vcpu *vcpu, guest_va_t argument)
{
	vcpu_register_vcpu_info_t request;
	struct domain *domain = vcpu->domain;
	vcpu_info_t *info;
	mfn_t frame;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	frame = mfn(request.mfn);
	if (request.offset > PAGE_SIZE - sizeof(vcpu_info_t) || (request.offset & 7))
		return -XEN_ENXIO;
	if (!may_register_for(vcpu))
		return -XEN_EINVAL;
	if (!frame_get(frame, domain->id))
		return -XEN_EINVAL;
	if (page_type_get(frame, FRAME_WRITABLE, domain) != 0) {
		frame_put(frame);
		return -XEN_EINVAL;
	}
	spin_lock(&domain->lock);
	if (!mfn_equal(vcpu->info_frame, INVALID_MFN)) {
		spin_unlock(&domain->lock);
		page_type_put(frame);
		frame_put(frame);
		return -XEN_EINVAL;
	}
	info = (vcpu_info_t *)((char *)frame_map(frame) + request.offset);
	memcpy(info, vcpu->info, sizeof(*info));
	if (vcpu->id >= XEN_LEGACY_MAX_VCPUS) {
		/* It never had a place of its own. */
		memset(info, 0, sizeof(*info));
		info->evtchn_upcall_mask = 1;
	}
	store_release(&vcpu->info, info);
	vcpu->info_frame = frame;
	spin_unlock(&domain->lock);
	/* Whatever came between the copy and now is looked for anew. */
	fetch_or(&info->evtchn_pending_sel, ~0ul);
	write_once(info->evtchn_upcall_pending, 1);
	vcpu_update_time(vcpu);
	return 0;
}

static int64_t register_runstate(struct vcpu *vcpu, guest_va_t argument)
{
	struct vcpu_register_runstate_memory_area request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (!guest_range_ok((uint64_t)request.addr.v, sizeof(vcpu_runstate_info_t)))
		return -XEN_EFAULT;
	vcpu->runstate_area = guest_va((uint64_t)request.addr.v);
	if (vcpu == current_vcpu()) {
		runstate_refresh(vcpu);
		runstate_publish(vcpu);
	}
	return 0;
}

static int64_t register_time(struct vcpu *vcpu, guest_va_t argument)
{
	struct vcpu_register_time_memory_area request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (!guest_range_ok((uint64_t)request.addr.v, sizeof(vcpu_time_info_t)))
		return -XEN_EFAULT;
	vcpu->time_area = guest_va((uint64_t)request.addr.v);
	if (vcpu == current_vcpu() &&
	    !copy_to_guest(vcpu->time_area, &vcpu->info->time, sizeof(vcpu->info->time)))
		return -XEN_EFAULT;
	return 0;
}

static int64_t get_runstate(struct vcpu *vcpu, guest_va_t argument)
{
	vcpu_runstate_info_t info = vcpu->runstate;

	if (info.state < (int)ARRAY_SIZE(info.time))
		info.time[info.state] += clock_now() - info.state_entry_time;
	return copy_to_guest(argument, &info, sizeof(info)) ? 0 : -XEN_EFAULT;
}

static int64_t set_periodic(struct vcpu *vcpu, guest_va_t argument)
{
	struct vcpu_set_periodic_timer request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.period_ns < SHORTEST_PERIOD_NS || request.period_ns >= 1ull << 62)
		return -XEN_EINVAL;
	write_once(vcpu->periodic_period, request.period_ns);
	timer_set(&vcpu->periodic, clock_now() + request.period_ns);
	return 0;
}

static int64_t set_single_shot(struct vcpu *vcpu, guest_va_t argument)
{
	struct vcpu_set_singleshot_timer request;

	if (vcpu != current_vcpu())
		return -XEN_EINVAL;
	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	/* VCPU_SSHOTTMR_future is ignored, as Xen 4.17 does: the past fires at once. */
	timer_migrate(&vcpu->single_shot, this_cpu()->id);
	timer_set(&vcpu->single_shot, request.timeout_abs_ns);
	return 0;
}

static int64_t send_nmi(struct vcpu *vcpu)
{
	if (!exchange(&vcpu->pv.nmi_pending, true)) {
		sched_wake(vcpu);
		sched_kick(vcpu);
	}
	return 0;
}

static int64_t physical_id(struct vcpu *vcpu, guest_va_t argument)
{
	struct vcpu_get_physid reply;
	uint32_t own = vcpu->cpu;

	if (!vcpu->domain->hardware)
		return -XEN_EINVAL;
	reply.phys_id = (uint64_t)cpus[own]->apic_id | (uint64_t)cpus[own]->acpi_id << 32;
	return copy_to_guest(argument, &reply, sizeof(reply)) ? 0 : -XEN_EFAULT;
}

int64_t hc_vcpu_op(reg_t command, reg_t id, reg_t argument)
{
	guest_va_t data = guest_va(argument);
	struct vcpu *vcpu = domain_vcpu(current_domain(), (uint32_t)id);

	if (!vcpu)
		return -XEN_ENOENT;
	switch ((int)command) {
	case VCPUOP_initialise:
		return initialise(vcpu, data);
	case VCPUOP_up:
		return bring_up(vcpu);
	case VCPUOP_down:
		return take_down(vcpu);
	case VCPUOP_is_up:
		return !read_once(vcpu->down);
	case VCPUOP_get_runstate_info:
		return get_runstate(vcpu, data);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate(vcpu, data);
	case VCPUOP_set_periodic_timer:
		return set_periodic(vcpu, data);
	case VCPUOP_stop_periodic_timer:
		write_once(vcpu->periodic_period, 0);
		timer_stop(&vcpu->periodic);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_single_shot(vcpu, data);
	case VCPUOP_stop_singleshot_timer:
		if (vcpu != current_vcpu())
			return -XEN_EINVAL;
		timer_stop(&vcpu->single_shot);
		return 0;
	case VCPUOP_register_vcpu_info:
		return register_info(vcpu, data);
	case VCPUOP_send_nmi:
		return send_nmi(vcpu);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_time(vcpu, data);
	case VCPUOP_get_physid:
		return physical_id(vcpu, data);
	default:
		return -XEN_ENOSYS;
	}
}
