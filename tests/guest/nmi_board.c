/* SPDX-License-Identifier: MIT */
/*
 * An NMI of the board's reaches dom0, also while its vCPU is blocked and has
 * nothing else to wait for.  tests/scenario/nmi sends it when it reads "blocked"
 * and starts this with the word `wait`; without it nobody would send one.
 * tests/scenario/panic breaks the CPU while this is blocked, or runs: `spin`.
 */
/* clang-format off: the ABI header wants the integer types first */
#include "tests/guest/lib/guest.h"
#include <xen/nmi.h>
/* clang-format on */

static volatile int count;
static volatile unsigned long reason;

static bool hook(struct trap_frame *frame)
{
	if (frame->vector != 2)
		return false;
	count++;
	reason = shared_info->arch.nmi_reason;
	return true;
}

void guest_main(void)
{
	trap_hook = hook;
	if (asked_for("spin"))
		print("spinning");
	while (asked_for("spin"))
		continue;
	if (!asked_for("wait")) {
		expect("none", count, 0);
		return;
	}
	for (int i = 1; i <= 3; i++) {
		print("blocked %d", i);
		while (count < i)
			call_sched(SCHEDOP_block, NULL);
		print("NMI %d", i);
	}
	expect("count", count, 3);
	expect_true("reason", reason & (XEN_NMIREASON_unknown | XEN_NMIREASON_pci_serr |
					XEN_NMIREASON_io_error));
}
