/* SPDX-License-Identifier: MIT */
/* An exception without a handler ends the domain, not the hypervisor. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	expect("clear-table", call_traps(NULL), 0);
	expect_crash("no-handler");
	asm volatile("ud2");
	print("FAIL crash_no_handler.survived: still here");
}
