/* SPDX-License-Identifier: MIT */
/* Attacks by events and timers, and on the console's daemon. */
#include "tests/guest/lib/hostile.h"

static void storm_store(void)
{
	send_port(store_port);
}

static void storm_console(void)
{
	send_port(console_port);
}

static void storm_both(void)
{
	send_port(store_port);
	send_port(console_port);
}

/* Gives way after each, so that whoever is called can answer and be called again. */
static void storm_yield(void)
{
	storm_both();
	call_sched(SCHEDOP_yield, NULL);
}

/* Lines without end. */
static void flood(void)
{
	static const char line[] =
		"all work and no play makes a dull guest, so this one writes and writes\n";

	if (!console_put(line, sizeof(line) - 1))
		ring_wait(console_port, 100000000);
}

/* The same without waiting for room. */
static void flood_spin(void)
{
	console_put("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 32);
	send_port(console_port);
}

static void console_runaway(void)
{
	write_once(console_ring->out_prod, hostile_random());
	write_once(console_ring->in_cons, hostile_random());
	send_port(console_port);
}

/* Sleeps for moments: wake-ups and switches without end. */
static void timers(void)
{
	struct vcpu_set_singleshot_timer shot = {.timeout_abs_ns = now_ns() + 20000};

	/* Blocking opens them again: nothing may be taken before, or nothing ends the block. */
	events_close();
	call_vcpu(VCPUOP_set_singleshot_timer, 0, &shot);
	call_sched(SCHEDOP_block, NULL);
}

static void polls(void)
{
	struct sched_poll poll = {.timeout = now_ns() + 10000};

	call_sched(SCHEDOP_poll, &poll);
}

static void yields(void)
{
	call_sched(SCHEDOP_yield, NULL);
}

/* Ports opened until there are no more, rung, closed. */
static void ports(void)
{
	static uint32_t open[4096];
	uint32_t count = 0;

	for (; count < ARRAY_SIZE(open); count++) {
		struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
		struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};

		if (call_event(EVTCHNOP_alloc_unbound, &alloc))
			break;
		open[count] = alloc.port;
		bind.remote_port = alloc.port;
		if (count + 1 < ARRAY_SIZE(open) && !call_event(EVTCHNOP_bind_interdomain, &bind)) {
			send_port(bind.local_port);
			open[++count] = bind.local_port;
		}
	}
	while (count--)
		close_port(open[count]);
}

void guest_main(void)
{
	static const struct attack attacks[] = {
		{"storm-store", storm_store, true},
		{"storm-console", storm_console, true},
		{"storm-both", storm_both, true},
		{"storm-yield", storm_yield, true},
		{"flood", flood, true},
		{"flood-spin", flood_spin, true},
		{"console-runaway", console_runaway, true},
		{"timers", timers, false},
		{"polls", polls, false},
		{"yields", yields, false},
		{"ports", ports, false},
	};
	struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};

	need(bind_virq(VIRQ_TIMER, 0) > 0);
	hostile_run(attacks, ARRAY_SIZE(attacks));
	events_close();
	expect("a-port-is-free", call_event(EVTCHNOP_alloc_unbound, &alloc), 0);
	expect("closed", close_port(alloc.port), 0);
}
