/* SPDX-License-Identifier: MIT */
/* All 4,095 ports of the two-level scheme: the last one works, the next is refused. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	long port = 0, last = 0, count = 0;

	while ((port = bind_ipi(0)) > 0 && count < 5000) {
		last = port;
		count++;
	}
	expect("full", port, -XEN_ENOSPC);
	expect("last", last, 4095);
	expect_true("count", count >= 4080 && count <= 4095);
	expect("send-last", send_port(4095), 0);
	expect("last-pending", event_pending(4095), 1);
	expect("last-selector", this_vcpu_info()->evtchn_pending_sel >> 63, 1);
	events_open();
	expect("last-taken", event_count[4095], 1);
	events_close();
	expect("close-middle", close_port(2000), 0);
	expect("reuse", bind_ipi(0), 2000);
	expect("full-again", bind_ipi(0), -XEN_ENOSPC);
	long failed = 0;

	for (port = 4095; port > 4095 - count + 10; port--)
		failed += close_port((uint32_t)port) != 0;
	expect("close-all", failed, 0);
	expect_true("again", bind_ipi(0) > 0);
}
