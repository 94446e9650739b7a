/* SPDX-License-Identifier: MIT */
/* Hypercall numbers and sub-operations that do not exist. */
#include "tests/guest/lib/guest.h"

static long max_call(uint64_t number)
{
	return hypercall(number, 0, 0, 0, 0, 0);
}

void guest_main(void)
{
	static uint8_t zero[256];

	expect("number-11", max_call(11), -XEN_ENOSYS);
	expect("number-55", max_call(55), -XEN_ENOSYS);
	expect("number-56", max_call(56), -XEN_ENOSYS);
	expect("number-63", max_call(63), -XEN_ENOSYS);
	expect("number-64", max_call(64), -XEN_ENOSYS);
	expect("number-255", max_call(255), -XEN_ENOSYS);
	expect("number-65536", max_call(65536), -XEN_ENOSYS);
	expect("number-2-31", max_call(0x80000000ul), -XEN_ENOSYS);
	expect("number-minus-1", max_call(~0ul), -XEN_ENOSYS);
	expect("tmem", max_call(38), -XEN_ENOSYS);
	expect("version", call_version(99, zero), -XEN_ENOSYS);
	expect("memory", call_memory(63, zero), -XEN_ENOSYS);
	expect("event", call_event(99, zero), -XEN_ENOSYS);
	expect("event-minus-1", call_event(-1, zero), -XEN_ENOSYS);
	expect("sched", call_sched(99, zero), -XEN_ENOSYS);
	expect("vcpu", call_vcpu(99, 0, zero), -XEN_ENOSYS);
	expect("physdev", call_physdev(99, zero), -XEN_ENOSYS);
	expect("callback", call_callback(99, zero), -XEN_ENOSYS);
	expect("callback-type", ({
		       struct callback_register c = {.type = 99};
		       call_callback(CALLBACKOP_register, &c);
	       }),
	       -XEN_ENOSYS);
	expect("console", call_console(99, 1, zero), -XEN_ENOSYS);
	expect("grant", call_grant(99, zero, 1), -XEN_ENOSYS);
	expect("assist-cmd", call_assist(9, 0), -XEN_ENOSYS);
	expect("assist-type", call_assist(0, 31), -XEN_EINVAL);
	expect("mmuext", mmuext(99, 0, 0), -XEN_ENOSYS);
	expect("segment", call_segment(9, 0), -XEN_EINVAL);
}
