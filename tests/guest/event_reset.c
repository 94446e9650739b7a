/* SPDX-License-Identifier: MIT */
/* EVTCHNOP_reset: every port closes, and everything can be bound again. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct evtchn_reset reset = {.dom = DOMID_SELF};
	long ipi = bind_ipi(0), virq = bind_virq(VIRQ_DEBUG, 0);
	struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};

	need(ipi > 0 && virq > 0 && !call_event(EVTCHNOP_alloc_unbound, &alloc));
	reset.dom = 9;
	expect("no-domain", call_event(EVTCHNOP_reset, &reset), -XEN_ESRCH);
	reset.dom = DOMID_SELF;
	expect("reset", call_event(EVTCHNOP_reset, &reset), 0);
	expect("ipi-gone", send_port(ipi), -XEN_EINVAL);
	expect("virq-gone", close_port(virq), -XEN_EINVAL);
	expect("unbound-gone", close_port(alloc.port), -XEN_EINVAL);
	expect_true("ipi-again", (ipi = bind_ipi(0)) > 0);
	expect_true("virq-again", bind_virq(VIRQ_DEBUG, 0) > 0);
	expect("send-again", send_port(ipi), 0);
	events_open();
	expect("taken-again", event_count[ipi], 1);
	events_close();
	expect("twice", call_event(EVTCHNOP_reset, &reset), 0);
	expect("empty", call_event(EVTCHNOP_reset, &reset), 0);
}
