/* SPDX-License-Identifier: MIT */
/* SCHEDOP_shutdown with the reason crash. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct sched_shutdown crash = {.reason = SHUTDOWN_crash};

	expect_crash("shutdown-crash");
	call_sched(SCHEDOP_shutdown, &crash);
}
