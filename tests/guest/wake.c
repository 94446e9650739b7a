/* SPDX-License-Identifier: MIT */
/* vCPUs that block and poll, and are woken by each other's events hundreds of times. */
#include "tests/guest/lib/guest.h"

#define ROUNDS 300

static volatile int ready, served, polled;
static long to_other, to_me, poll_port;

static void other(void *argument)
{
	(void)argument;
	to_other = bind_ipi(1);
	poll_port = bind_ipi(1);
	event_mask(poll_port, true);
	ready = 1;
	while (served < ROUNDS) {
		uint32_t before = event_count[to_other];

		while (event_count[to_other] == before)
			call_sched(SCHEDOP_block, NULL);
		events_close();
		served++;
		send_port(to_me);
	}
	for (int i = 0; i < 100; i++) {
		evtchn_port_t port = (evtchn_port_t)poll_port;
		struct sched_poll poll = {.nr_ports = 1};

		set_xen_guest_handle(poll.ports, &port);
		if (call_sched(SCHEDOP_poll, &poll))
			break;
		while (!event_pending(poll_port))
			call_sched(SCHEDOP_poll, &poll);
		event_clear(poll_port);
		polled = i + 1;
	}
}

void guest_main(void)
{
	uint64_t start;
	long lost = 0;

	to_me = bind_ipi(0);
	expect("start", vcpu_start(1, other, NULL), 0);
	need(wait_for(&ready, 1));
	start = now_ns();
	for (int i = 0; i < ROUNDS && !lost; i++) {
		uint32_t before = event_count[to_me];
		uint64_t end = now_ns() + 1000000000ul;

		send_port(to_other);
		while (event_count[to_me] == before && !lost) {
			events_open();
			lost += now_ns() > end;
		}
		events_close();
	}
	expect("lost", lost, 0);
	expect("served", served, ROUNDS);
	expect_true("in-time", now_ns() - start < 8000000000ul);
	for (int i = 0; i < 100; i++) {
		send_port(poll_port);
		if (!wait_for(&polled, i + 1))
			break;
	}
	expect("polled", polled, 100);
	expect_true("finished", vcpu_wait(1));
}
