/* SPDX-License-Identifier: MIT */
/* NMIs: to another vCPU that spins, and held back until the first one's iret. */
#include "tests/guest/lib/guest.h"

static volatile int count[2], depth, deepest, ready, stop;

static bool hook(struct trap_frame *frame)
{
	int id = this_cpu()->id;

	if (frame->vector != 2)
		return false;
	if (++depth > deepest)
		deepest = depth;
	/* One more while we are in here must wait. */
	if (++count[id] == 1 && id == 0)
		call_vcpu(VCPUOP_send_nmi, 0, NULL);
	depth--;
	return true;
}

static void other(void *argument)
{
	(void)argument;
	ready = 1;
	while (!stop)
		asm volatile("pause");
}

void guest_main(void)
{
	trap_hook = hook;
	expect("send-self", call_vcpu(VCPUOP_send_nmi, 0, NULL), 0);
	expect("both-taken", count[0], 2);
	expect("not-nested", deepest, 1);
	expect("start", vcpu_start(1, other, NULL), 0);
	need(wait_for(&ready, 1));
	expect("send-other", call_vcpu(VCPUOP_send_nmi, 1, NULL), 0);
	expect_true("other-taken", wait_for(&count[1], 1));
	expect("send-other-again", call_vcpu(VCPUOP_send_nmi, 1, NULL), 0);
	expect_true("other-taken-again", wait_for(&count[1], 2));
	stop = 1;
	expect_true("other-stopped", vcpu_wait(1));
}
