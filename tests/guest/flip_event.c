/* SPDX-License-Identifier: MIT */
/* Ports bound, sent, closed and reset by two vCPUs at once: no answer is odd, none is lost. */
#include "tests/guest/lib/guest.h"

static volatile int stop, started;
static volatile long odd;

static void storm(unsigned int seed)
{
	for (int i = 0; i < 50; i++) {
		struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
		struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
		long answer = call_event(EVTCHNOP_alloc_unbound, &alloc);

		if (answer) {
			odd++;
			continue;
		}
		bind.remote_port = alloc.port;
		answer = call_event(EVTCHNOP_bind_interdomain, &bind);
		if (!answer) {
			send_port(bind.local_port);
			send_port(alloc.port);
			close_port((seed + (unsigned int)i) & 1 ? alloc.port : bind.local_port);
		}
		for (uint32_t port = 1; port < 24; port++)
			send_port(port);
		close_port(bind.local_port);
		close_port(alloc.port);
	}
}

static void other(void *argument)
{
	(void)argument;
	started = 1;
	while (!stop)
		storm(1);
}

void guest_main(void)
{
	uint64_t end;
	long last;

	expect("start", vcpu_start(1, other, NULL), 0);
	need(wait_for(&started, 1));
	for (end = now_ns() + 1500000000ul; now_ns() < end;)
		storm(0);
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	expect("allocations", odd, 0);
	last = bind_ipi(0);
	expect_true("no-leak", last > 0 && last < 64);
	expect("works", send_port(last), 0);
	events_open();
	expect("delivered", event_count[last], 1);
	events_close();
}
