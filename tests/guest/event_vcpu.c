/* SPDX-License-Identifier: MIT */
/* Events between two vCPUs: IPIs, bind_vcpu, and which ports may move. */
#include "tests/guest/lib/guest.h"

static volatile int ready, stop;
static long port1;

static void other(void *argument)
{
	(void)argument;
	events_open();
	ready = 1;
	while (!stop)
		asm volatile("pause");
	events_close();
}

static bool seen(long port, uint32_t count)
{
	uint64_t end = now_ns() + 2000000000ul;

	while (event_count[port] < count)
		if (now_ns() > end)
			return false;
	return true;
}

void guest_main(void)
{
	struct evtchn_bind_vcpu move = {0};
	struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
	struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
	struct evtchn_status status = {.dom = DOMID_SELF};
	long port0, debug, console;

	expect("start", vcpu_start(1, other, NULL), 0);
	need(wait_for(&ready, 1));
	port1 = bind_ipi(1);
	port0 = bind_ipi(0);
	expect_true("bind-ipi-1", port1 > 0);
	expect("send-1", send_port(port1), 0);
	expect_true("arrives-while-spinning", seen(port1, 1));
	expect("not-here", this_vcpu_info()->evtchn_upcall_pending, 0);
	status.port = (uint32_t)port1;
	expect("status", call_event(EVTCHNOP_status, &status), 0);
	expect("status-ipi", status.status, EVTCHNSTAT_ipi);
	expect("status-vcpu", status.vcpu, 1);
	move.port = (uint32_t)port0;
	move.vcpu = 1;
	expect("move-ipi", call_event(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
	debug = bind_virq(VIRQ_DEBUG, 0);
	need(debug > 0);
	move.port = (uint32_t)debug;
	expect("move-vcpu-virq", call_event(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
	expect("global-virq-vcpu-1", bind_virq(VIRQ_CONSOLE, 1), -XEN_EINVAL);
	console = bind_virq(VIRQ_CONSOLE, 0);
	need(console > 0);
	move.port = (uint32_t)console;
	expect("move-global-virq", call_event(EVTCHNOP_bind_vcpu, &move), 0);
	need(!call_event(EVTCHNOP_alloc_unbound, &alloc));
	bind.remote_port = alloc.port;
	need(!call_event(EVTCHNOP_bind_interdomain, &bind));
	events_open();
	events_close();
	move.port = alloc.port;
	expect("move", call_event(EVTCHNOP_bind_vcpu, &move), 0);
	uint32_t before = event_count[alloc.port];

	expect("moved-send", send_port(bind.local_port), 0);
	expect_true("moved-arrives", seen(alloc.port, before + 1));
	expect("moved-not-here", this_vcpu_info()->evtchn_upcall_pending, 0);
	move.vcpu = 9;
	expect("move-no-vcpu", call_event(EVTCHNOP_bind_vcpu, &move), -XEN_ENOENT);
	move.vcpu = ~0u;
	expect("move-max-vcpu", call_event(EVTCHNOP_bind_vcpu, &move), -XEN_ENOENT);
	move.vcpu = 0;
	move.port = 3999;
	expect("move-closed", call_event(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
	move.port = 4096;
	expect("move-4096", call_event(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
}
