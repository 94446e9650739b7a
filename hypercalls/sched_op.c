/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/sched_op.c - a vCPU yields, waits, sleeps, or ends its domain.
 */
#include "event-channels/channel.h"
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/base/bits.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/sched/sched.h"
#include "xen-like/sched/watchdog.h"

#define POLL_PORTS_MAX 128

static int64_t block(struct vcpu *vcpu)
{
	/* Unmask and wait are one step to the guest. */
	write_once(vcpu->info->evtchn_upcall_mask, 0);
	sched_block();
	return 0;
}

/* Any of the ports pending?  -XEN_Exxx for ports that cannot be. */
static int64_t poll_check(struct domain *domain, guest_va_t ports, uint32_t count, uint32_t *single)
{
	for (uint32_t i = 0; i < count; i++) {
		evtchn_port_t port;

		if (!copy_from_guest(&port, guest_element(ports, i, sizeof(port)), sizeof(port)))
			return -XEN_EFAULT;
		if (port >= EVTCHN_2L_NR_CHANNELS)
			return -XEN_EINVAL;
		*single = port;
		if (event_is_pending(domain, port))
			return 1;
	}
	return 0;
}

static int64_t poll(struct vcpu *vcpu, guest_va_t argument)
{
	struct sched_poll request;
	guest_va_t ports;
	uint32_t single = 0;
	int64_t rc;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.nr_ports > POLL_PORTS_MAX)
		return -XEN_EINVAL;
	ports = guest_va((uint64_t)request.ports.p);

	/* Said first, looked at after: an event in between wakes us. */
	vcpu->poll_port = request.nr_ports == 1 ? 0 : ~0u;
	bit_set(&vcpu->domain->pollers, vcpu->id);
	rc = poll_check(vcpu->domain, ports, request.nr_ports, &single);
	if (rc != 0) {
		bit_clear(&vcpu->domain->pollers, vcpu->id);
		return rc < 0 ? rc : 0;
	}
	if (request.nr_ports == 1)
		vcpu->poll_port = single;
	timer_migrate(&vcpu->poll, this_cpu()->id);
	sched_block();
	/* An event between the look and the block found us polling, not blocked. */
	rc = poll_check(vcpu->domain, ports, request.nr_ports, &single);
	if (rc != 0)
		sched_wake(vcpu);
	/* Not earlier: a time that comes before the block would wake nobody. */
	else if (request.timeout && read_once(vcpu->blocked))
		timer_set(&vcpu->poll, request.timeout);
	return rc < 0 ? rc : 0;
}

static int64_t shutdown(guest_va_t argument)
{
	struct sched_shutdown request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	domain_shutdown(current_domain(), (uint8_t)request.reason);
	return 0;
}

static int64_t remote_shutdown(guest_va_t argument)
{
	struct sched_remote_shutdown request;
	struct domain *domain;

	if (!domain_controls(current_domain()))
		return -XEN_EPERM;
	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	domain = domain_get(request.domain_id);
	if (!domain)
		return -XEN_ESRCH;
	domain_shutdown(domain, (uint8_t)request.reason);
	domain_put(domain);
	return 0;
}

static int64_t watchdog(guest_va_t argument)
{
	struct sched_watchdog request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	return watchdog_set(current_domain(), request.id, request.timeout);
}

static int64_t pin_override(struct vcpu *vcpu, guest_va_t argument)
{
	struct sched_pin_override request;
	struct cpumask mask = {.bits = {0}};

	if (!vcpu->domain->hardware)
		return -XEN_EPERM;
	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.pcpu >= 0 && (uint32_t)request.pcpu >= cpu_count)
		return -XEN_EINVAL;
	for (uint32_t id = 0; id < cpu_count; id++)
		if (request.pcpu < 0 || (uint32_t)request.pcpu == id)
			bit_set(mask.bits, id);
	sched_set_affinity(vcpu, &mask);
	return 0;
}

int64_t hc_sched_op(reg_t command, reg_t argument)
{
	struct vcpu *vcpu = current_vcpu();

	switch ((int)command) {
	case SCHEDOP_yield:
		sched_yield();
		return 0;
	case SCHEDOP_block:
		return block(vcpu);
	case SCHEDOP_shutdown:
		return shutdown(guest_va(argument));
	case SCHEDOP_poll:
		return poll(vcpu, guest_va(argument));
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(guest_va(argument));
	case SCHEDOP_shutdown_code:
		return 0;
	case SCHEDOP_watchdog:
		return watchdog(guest_va(argument));
	case SCHEDOP_pin_override:
		return pin_override(vcpu, guest_va(argument));
	default:
		return -XEN_ENOSYS;
	}
}

/* The older call: its argument is a number, not a pointer. */
int64_t hc_sched_op_compat(reg_t command, reg_t argument)
{
	switch ((int)command) {
	case SCHEDOP_yield:
		sched_yield();
		return 0;
	case SCHEDOP_block:
		return block(current_vcpu());
	case SCHEDOP_shutdown:
		domain_shutdown(current_domain(), (uint8_t)argument);
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_set_timer_op(reg_t deadline)
{
	struct vcpu *vcpu = current_vcpu();

	timer_migrate(&vcpu->single_shot, this_cpu()->id);
	if (deadline == 0)
		timer_stop(&vcpu->single_shot);
	else
		timer_set(&vcpu->single_shot, deadline);
	return 0;
}
