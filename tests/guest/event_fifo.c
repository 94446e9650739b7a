/* SPDX-License-Identifier: MIT */
/* Enso has two-level events only: FIFO control is refused, and Linux falls back. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct evtchn_init_control init = {0};
	struct evtchn_expand_array expand = {0};
	struct evtchn_set_priority priority = {0};
	uint8_t *page = page_alloc();
	long port = bind_ipi(0);

	init.control_gfn = mfn_of(page);
	priority.port = (uint32_t)port;
	expect("set-priority", call_event(EVTCHNOP_set_priority, &priority), -XEN_ENOSYS);
	expect("expand-array", call_event(EVTCHNOP_expand_array, &expand), -XEN_ENOSYS);
	expect("init-control", call_event(EVTCHNOP_init_control, &init), -XEN_ENOSYS);
}
