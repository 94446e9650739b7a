/* SPDX-License-Identifier: MIT */
/* VIRQs: which exist, which may be bound twice, where. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct vcpu_set_singleshot_timer timer = {0};
	struct evtchn_status status = {.dom = DOMID_SELF};
	long port, debug, console;

	port = bind_virq(VIRQ_TIMER, 0);
	expect_true("timer", port > 0);
	expect("timer-twice", bind_virq(VIRQ_TIMER, 0), -XEN_EEXIST);
	expect("timer-no-vcpu", bind_virq(VIRQ_TIMER, 5), -XEN_ENOENT);
	expect("timer-max-vcpu", bind_virq(VIRQ_TIMER, ~0u), -XEN_ENOENT);
	expect("unknown-24", bind_virq(24, 0), -XEN_EINVAL);
	expect("unknown-max", bind_virq(~0u, 0), -XEN_EINVAL);
	status.port = (uint32_t)port;
	expect("status", call_event(EVTCHNOP_status, &status), 0);
	expect("status-virq", status.status, EVTCHNSTAT_virq);
	expect("status-number", status.u.virq, VIRQ_TIMER);
	expect("status-vcpu", status.vcpu, 0);
	/* Sending to a VIRQ's own port is not for guests. */
	expect("send", send_port(port), -XEN_EINVAL);
	debug = bind_virq(VIRQ_DEBUG, 0);
	expect_true("debug", debug > 0);
	console = bind_virq(VIRQ_CONSOLE, 0);
	expect_true("console", console > 0);
	expect("console-twice", bind_virq(VIRQ_CONSOLE, 0), -XEN_EEXIST);
	expect_true("dom-exc", bind_virq(VIRQ_DOM_EXC, 0) > 0);
	expect_true("con-ring", bind_virq(VIRQ_CON_RING, 0) > 0);
	expect_true("pcpu-state", bind_virq(VIRQ_PCPU_STATE, 0) > 0);
	expect_true("mca", bind_virq(VIRQ_ARCH_0, 0) > 0);
	expect_true("xenpmu", bind_virq(VIRQ_XENPMU, 0) > 0);
	/* The periodic timer of a new vCPU, then a single shot. */
	expect("stop-periodic", call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	event_clear(port);
	timer.timeout_abs_ns = now_ns() + 2000000;
	expect("arm", call_vcpu(VCPUOP_set_singleshot_timer, 0, &timer), 0);
	events_open();
	wait_ns(20000000);
	events_close();
	expect_true("fired", event_count[port] >= 1);
	expect("close", close_port(port), 0);
	expect_true("timer-again", bind_virq(VIRQ_TIMER, 0) > 0);
	expect("close-virq", close_port(debug), 0);
	expect_true("debug-again", bind_virq(VIRQ_DEBUG, 0) > 0);
}
