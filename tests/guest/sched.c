/* SPDX-License-Identifier: MIT */
/* sched_op: yield, block, poll, and arguments that are refused. */
#include "tests/guest/lib/guest.h"

static void arm(uint64_t after)
{
	struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = now_ns() + after};

	need(!call_vcpu(VCPUOP_set_singleshot_timer, 0, &timer));
}

static void claim_block(long timer, long ipi)
{
	uint64_t start;

	/* Pending already: block only opens the mask. */
	send_port(ipi);
	expect("block-pending", call_sched(SCHEDOP_block, NULL), 0);
	expect("block-pending-taken", event_count[ipi], 1);
	expect("block-opens-mask", this_vcpu_info()->evtchn_upcall_mask, 0);
	events_close();
	start = now_ns();
	arm(20000000);
	expect("block-timer", call_sched(SCHEDOP_block, NULL), 0);
	events_close();
	expect("block-timer-taken", event_count[timer], 1);
	expect_true("block-slept", now_ns() - start >= 19000000);
	expect_true("block-woke", now_ns() - start < 500000000);
}

static void claim_poll(long timer, long ipi)
{
	evtchn_port_t ports[2] = {(evtchn_port_t)ipi, (evtchn_port_t)timer};
	struct sched_poll poll = {.nr_ports = 2};
	uint64_t start;

	set_xen_guest_handle(poll.ports, ports);
	event_mask(ipi, true);
	event_mask(timer, true);
	send_port(ipi);
	expect("poll-pending", call_sched(SCHEDOP_poll, &poll), 0);
	expect("poll-keeps-pending", event_pending(ipi), 1);
	event_clear(ipi);
	start = now_ns();
	poll.timeout = start + 10000000;
	expect("poll-timeout", call_sched(SCHEDOP_poll, &poll), 0);
	expect_true("poll-timeout-slept", now_ns() - start >= 9000000);
	poll.timeout = start; /* past */
	expect("poll-past", call_sched(SCHEDOP_poll, &poll), 0);
	poll.timeout = 0;
	start = now_ns();
	arm(10000000);
	expect("poll-event", call_sched(SCHEDOP_poll, &poll), 0);
	expect("poll-event-pending", event_pending(timer), 1);
	expect_true("poll-event-slept", now_ns() - start >= 9000000);
	event_clear(timer);
	poll.nr_ports = 0;
	poll.timeout = now_ns() + 5000000;
	expect("poll-none", call_sched(SCHEDOP_poll, &poll), 0);
	poll.nr_ports = 129;
	expect("poll-129", call_sched(SCHEDOP_poll, &poll), -XEN_EINVAL);
	poll.nr_ports = ~0u;
	expect("poll-max", call_sched(SCHEDOP_poll, &poll), -XEN_EINVAL);
	poll.nr_ports = 1;
	ports[0] = 4096;
	expect("poll-bad-port", call_sched(SCHEDOP_poll, &poll), -XEN_EINVAL);
	ports[0] = ~0u;
	expect("poll-max-port", call_sched(SCHEDOP_poll, &poll), -XEN_EINVAL);
	poll.ports.p = (void *)NON_CANONICAL;
	expect("poll-bad-pointer", call_sched(SCHEDOP_poll, &poll), -XEN_EFAULT);
	expect("poll-bad-struct", call_sched(SCHEDOP_poll, UNMAPPED_VA), -XEN_EFAULT);
	event_mask(ipi, false);
	event_mask(timer, false);
}

void guest_main(void)
{
	struct sched_shutdown shutdown = {.reason = 99};
	struct sched_remote_shutdown remote = {.domain_id = 9, .reason = 0};
	long timer = bind_virq(VIRQ_TIMER, 0), ipi = bind_ipi(0);

	need(timer > 0 && ipi > 0);
	need(!call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL));
	event_clear(timer);
	this_vcpu_info()->evtchn_upcall_pending = 0;
	expect("yield", call_sched(SCHEDOP_yield, NULL), 0);
	expect("yield-pointer", call_sched(SCHEDOP_yield, NON_CANONICAL), 0);
	claim_block(timer, ipi);
	claim_poll(timer, ipi);
	expect("shutdown-bad-pointer", call_sched(SCHEDOP_shutdown, NON_CANONICAL), -XEN_EFAULT);
	expect("remote-no-domain", call_sched(SCHEDOP_remote_shutdown, &remote), -XEN_ESRCH);
	expect("compat-yield", hc2(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0), 0);
	(void)shutdown;
}
