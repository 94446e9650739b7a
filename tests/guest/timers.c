/* SPDX-License-Identifier: MIT */
/* Single-shot, periodic and domain timers. */
#include "tests/guest/lib/guest.h"

static long timer;

static long shot(uint64_t when, uint32_t flags)
{
	struct vcpu_set_singleshot_timer set = {.timeout_abs_ns = when, .flags = flags};

	return call_vcpu(VCPUOP_set_singleshot_timer, 0, &set);
}

/* The count of timer events in the next `span` ns, events open. */
static uint32_t fired(uint64_t span)
{
	uint32_t before = event_count[timer];

	events_open();
	wait_ns(span);
	events_close();
	return event_count[timer] - before;
}

void guest_main(void)
{
	struct vcpu_set_periodic_timer periodic = {.period_ns = 10000000};

	timer = bind_virq(VIRQ_TIMER, 0);
	need(timer > 0);
	expect("stop-periodic", call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	fired(1000000);
	expect("quiet", fired(30000000), 0);
	expect("future", shot(now_ns() + 5000000, 0), 0);
	expect("future-once", fired(50000000), 1);
	expect("past", shot(1, 0), 0);
	expect("past-fires", fired(20000000), 1);
	/* Xen 4.17 ignores the flag: a guest that asks late is told by the event. */
	expect("past-flag", shot(1, VCPU_SSHOTTMR_future), 0);
	expect("past-flag-fires", fired(20000000), 1);
	expect("future-flag", shot(now_ns() + 5000000, VCPU_SSHOTTMR_future), 0);
	expect("future-flag-fires", fired(50000000), 1);
	expect("cancelled", shot(now_ns() + 300000000, 0), 0);
	expect("cancel", call_vcpu(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	expect("cancel-quiet", fired(350000000), 0);
	expect("replaced", shot(now_ns() + 300000000, 0) | shot(now_ns() + 5000000, 0), 0);
	expect("replaced-once", fired(350000000), 1);
	expect("far", shot(~0ul >> 1, 0), 0);
	expect("far-quiet", fired(10000000), 0);
	expect("periodic", call_vcpu(VCPUOP_set_periodic_timer, 0, &periodic), 0);
	expect_true("periodic-fires", fired(100000000) >= 2);
	expect("periodic-stop", call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	fired(1000000);
	expect("periodic-quiet", fired(40000000), 0);
	periodic.period_ns = 1000;
	expect("periodic-too-short", call_vcpu(VCPUOP_set_periodic_timer, 0, &periodic),
	       -XEN_EINVAL);
	periodic.period_ns = ~0ul;
	expect("periodic-too-long", call_vcpu(VCPUOP_set_periodic_timer, 0, &periodic),
	       -XEN_EINVAL);
	expect("other-vcpu", call_vcpu(VCPUOP_set_singleshot_timer, 1, &periodic), -XEN_ENOENT);
	expect("bad-pointer", call_vcpu(VCPUOP_set_singleshot_timer, 0, NON_CANONICAL),
	       -XEN_EFAULT);
	expect("timer-op", hc1(__HYPERVISOR_set_timer_op, now_ns() + 5000000), 0);
	expect("timer-op-fires", fired(50000000), 1);
	expect("timer-op-past", hc1(__HYPERVISOR_set_timer_op, 1), 0);
	expect("timer-op-past-fires", fired(20000000), 1);
	expect("timer-op-0", hc1(__HYPERVISOR_set_timer_op, 0), 0);
	expect("timer-op-0-quiet", fired(20000000), 0);
}
