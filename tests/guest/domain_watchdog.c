/* SPDX-License-Identifier: MIT */
/* SCHEDOP_watchdog's end: the domain is shut down, for that reason and at that time. */
#include "tests/guest/lib/child.h"

#define SECOND 1000000000ul

static uint8_t window[4096] PAGE_ALIGNED;

static void start(struct child *child, const void *text, uint64_t seconds)
{
	need(!child_create(child, 1));
	child_build(child, text, seconds);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child->id));
}

static void claim_expired(void)
{
	struct xen_domctl_getdomaininfo info;
	uint64_t began = now_ns(), took;
	struct child child;

	start(&child, child_watchdog, 1);
	need(child_wait(child.id, XEN_DOMINF_shutdown));
	took = now_ns() - began;
	need(!child_info(child.id, &info));
	expect("reason", (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask,
	       SHUTDOWN_watchdog);
	expect_true("not-earlier", took >= SECOND);
	expect_true("not-much-later", took < 3 * SECOND);
	need(child_destroy(&child));
}

static void claim_stopped(void)
{
	struct xen_domctl_getdomaininfo info;
	volatile uint64_t *data;
	struct child child;
	uint64_t seen;

	start(&child, child_watchdog_stopped, 1);
	data = child_map(&child, child.mfns[CHILD_DATA], window);
	need(data);
	for (uint64_t end = now_ns() + 3 * SECOND / 2; now_ns() < end;)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect("stop", data[1], 0);
	need(!child_info(child.id, &info));
	expect("stopped-goes-on", info.flags & XEN_DOMINF_shutdown, 0);
	seen = data[0];
	for (uint64_t end = now_ns() + SECOND; now_ns() < end && data[0] == seen;)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect_true("stopped-runs", data[0] > seen);
	child_unmap(window);
	need(child_destroy(&child));
}

void guest_main(void)
{
	claim_expired();
	claim_stopped();
}
