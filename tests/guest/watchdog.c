/* SPDX-License-Identifier: MIT */
/* SCHEDOP_watchdog: create, kick, stop, and the refusals Linux's probe counts on. */
#include "tests/guest/lib/guest.h"

static long watchdog(uint32_t id, uint32_t timeout)
{
	struct sched_watchdog dog = {.id = id, .timeout = timeout};

	return call_sched(SCHEDOP_watchdog, &dog);
}

void guest_main(void)
{
	long first, second;

	expect("probe", watchdog(~0u, 0), -XEN_EINVAL);
	expect("stop-none", watchdog(1, 0), -XEN_EINVAL);
	first = watchdog(0, 60);
	expect("create", first, 1);
	second = watchdog(0, 60);
	expect("create-second", second, 2);
	expect("create-third", (int32_t)watchdog(0, 60), -XEN_ENOSPC);
	expect("kick", watchdog((uint32_t)first, 60), 0);
	expect("stop", watchdog((uint32_t)first, 0), 0);
	expect("stop-twice", watchdog((uint32_t)first, 0), -XEN_EINVAL);
	expect("create-again", watchdog(0, 60), 1);
	expect("stop-all", watchdog(1, 0) | watchdog(2, 0), 0);
	expect("id-3", watchdog(3, 60), -XEN_EINVAL);
	expect("bad-pointer", call_sched(SCHEDOP_watchdog, NON_CANONICAL), -XEN_EFAULT);
}
