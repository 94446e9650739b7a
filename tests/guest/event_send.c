/* SPDX-License-Identifier: MIT */
/* A port's life on one vCPU: bind an IPI to ourselves, send, see it, mask it, close it. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	vcpu_info_t *info = this_vcpu_info();
	long port = bind_ipi(0);

	expect_true("bind", port > 0 && port < 4096);
	expect("not-pending", event_pending(port), 0);
	expect("send", send_port(port), 0);
	expect("pending", event_pending(port), 1);
	expect("upcall-pending", info->evtchn_upcall_pending, 1);
	expect("selector", info->evtchn_pending_sel >> (port / 64) & 1, 1);
	expect("mask-kept-closed", upcall_count, 0);
	expect("send-again", send_port(port), 0);
	events_open();
	expect("one-upcall", upcall_count, 1);
	expect("one-event", event_count[port], 1);
	expect("taken", event_pending(port), 0);
	/* With events open, a send to ourselves arrives before the call returns. */
	expect("send-open", send_port(port), 0);
	expect("send-open-taken", event_count[port], 2);
	events_close();

	event_mask(port, true);
	info->evtchn_upcall_pending = 0;
	info->evtchn_pending_sel = 0;
	expect("masked-send", send_port(port), 0);
	expect("masked-pending", event_pending(port), 1);
	expect("masked-no-upcall", info->evtchn_upcall_pending, 0);
	expect("masked-no-selector", info->evtchn_pending_sel, 0);
	struct evtchn_unmask unmask = {.port = (uint32_t)port};

	expect("unmask", call_event(EVTCHNOP_unmask, &unmask), 0);
	expect("unmask-clears-mask", event_masked(port), 0);
	expect("unmask-upcall", info->evtchn_upcall_pending, 1);
	expect("unmask-selector", info->evtchn_pending_sel >> (port / 64) & 1, 1);
	events_open();
	expect("unmask-delivered", event_count[port], 3);
	events_close();

	event_mask(port, true);
	expect("unmask-idle", call_event(EVTCHNOP_unmask, &unmask), 0);
	expect("unmask-idle-no-upcall", info->evtchn_upcall_pending, 0);
	expect("close", close_port(port), 0);
	expect("send-closed", send_port(port), -XEN_EINVAL);
	expect("close-again", close_port(port), -XEN_EINVAL);
}
