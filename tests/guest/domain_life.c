/* SPDX-License-Identifier: MIT */
/* A second domain: made, run, paused, shut down, crashed, destroyed; nothing of it stays. */
#include "tests/guest/lib/child.h"

static uint8_t window[4096] PAGE_ALIGNED;

/* Runs it to its shutdown and says what reason was noted. */
static long run_to_shutdown(const void *start, uint64_t argument)
{
	struct xen_domctl_getdomaininfo info;
	struct child child;

	need(!child_create(&child, 1));
	child_build(&child, start, argument);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
	need(child_wait(child.id, XEN_DOMINF_shutdown));
	need(!child_info(child.id, &info));
	need(child_destroy(&child));
	return (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

static void claim_shutdown(void)
{
	expect("poweroff", run_to_shutdown(child_shutdown, SHUTDOWN_poweroff), SHUTDOWN_poweroff);
	expect("reboot", run_to_shutdown(child_shutdown, SHUTDOWN_reboot), SHUTDOWN_reboot);
	expect("unhandled-exception", run_to_shutdown(child_crash, 0), SHUTDOWN_crash);
}

static void claim_running(void)
{
	struct xen_domctl_getdomaininfo info;
	struct child child;
	volatile uint64_t *counter;
	uint64_t seen;

	need(!child_create(&child, 1));
	need(!child_info(child.id, &info));
	expect_true("new-is-paused", info.flags & XEN_DOMINF_paused);
	expect("new-handle", info.handle[15], 0x42);
	expect("new-pages", info.tot_pages, 0);
	child_build(&child, child_spin, 0);
	need(!child_info(child.id, &info));
	expect("built-pages", info.tot_pages, CHILD_PAGES);
	counter = child_map(&child, child.mfns[CHILD_DATA], window);
	need(counter);
	expect("not-yet", *counter, 0);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
	for (uint64_t end = now_ns() + 3000000000ul; now_ns() < end && *counter == 0;)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect_true("runs", *counter > 0);
	need(!domctl_simple(XEN_DOMCTL_pausedomain, child.id));
	seen = *counter;
	wait_ns(20000000);
	expect("paused-stands-still", *counter, seen);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
	for (uint64_t end = now_ns() + 3000000000ul; now_ns() < end && *counter == seen;)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect_true("runs-on", *counter > seen);
	child_unmap(window);
	expect_true("destroy-running", child_destroy(&child));
}

static void claim_event(void)
{
	struct evtchn_alloc_unbound unbound = {.remote_dom = 0};
	struct evtchn_bind_interdomain bind;
	struct child child;
	uint32_t port;

	need(!child_create(&child, 1));
	unbound.dom = child.id;
	need(!call_event(EVTCHNOP_alloc_unbound, &unbound));
	bind = (struct evtchn_bind_interdomain){.remote_dom = child.id,
						.remote_port = unbound.port};
	need(!call_event(EVTCHNOP_bind_interdomain, &bind));
	port = bind.local_port;
	event_clear(port);
	child_build(&child, child_send, unbound.port);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
	for (uint64_t end = now_ns() + 3000000000ul; now_ns() < end && !event_pending(port);)
		need(!call_sched(SCHEDOP_yield, NULL));
	expect_true("child-sends", event_pending(port));
	expect_true("destroy-blocked", child_destroy(&child));
	struct evtchn_status status = {.dom = DOMID_SELF, .port = port};

	expect("port-status", call_event(EVTCHNOP_status, &status), 0);
	expect("port-unbound-again", status.status, EVTCHNSTAT_unbound);
	need(!close_port(port));
}

/* Each is found by its number, and nobody by those beside it. */
static void claim_numbers(void)
{
	static const domid_t numbers[] = {511, 512, 1023, 20000, DOMID_FIRST_RESERVED - 1};
	static struct child children[5], other;
	struct xen_domctl_getdomaininfo info;
	bool found = true, gone = true;

	for (int i = 0; i < 5; i++)
		need(!child_create_as(&children[i], 1, numbers[i]));
	for (int i = 0; i < 5; i++)
		found &= !child_info(numbers[i], &info) && info.domain == numbers[i];
	expect_true("numbers-found", found);
	expect("number-taken", child_create_as(&other, 1, 20000), -XEN_EEXIST);
	expect("number-below", domctl_simple(XEN_DOMCTL_pausedomain, 510), -XEN_ESRCH);
	expect("number-above", domctl_simple(XEN_DOMCTL_pausedomain, 20001), -XEN_ESRCH);
	expect("number-nobody-near", domctl_simple(XEN_DOMCTL_pausedomain, 15000), -XEN_ESRCH);
	for (int i = 0; i < 5; i++)
		gone &= child_destroy(&children[i]);
	expect_true("numbers-destroyed", gone);
	expect("number-gone", domctl_simple(XEN_DOMCTL_pausedomain, 20000), -XEN_ESRCH);
	need(!child_create_as(&other, 1, 20000));
	expect_true("number-again", child_destroy(&other));
}

void guest_main(void)
{
	uint64_t before;

	claim_running();
	before = free_pages();
	claim_shutdown();
	claim_running();
	claim_event();
	claim_numbers();
	expect_true("no-page-lost", free_pages_again(before));
}
