/* SPDX-License-Identifier: MIT */
/* stack_switch: where entries from user mode land. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\nuser_syscall: syscall\n\tud2\n.popsection");
extern const char user_syscall[];

static uint64_t landed;

static bool hook(struct trap_frame *frame)
{
	landed = (uint64_t)frame;
	return false;
}

void guest_main(void)
{
	struct trap_frame frame;
	uint64_t here;

	expect("set", call_stack(FLAT_KERNEL_SS, this_cpu()), 0);
	expect("null-selector", call_stack(0, this_cpu()) <= 0, 1);
	expect("rpl-raised", call_stack(FLAT_KERNEL_SS & ~3, this_cpu()), 0);
	user_init();
	user_frame(&frame, user_syscall);
	trap_hook = hook;
	asm volatile("mov %%rsp, %0" : "=r"(here));
	expect("enter", user_run(&frame), VECTOR_SYSCALL);
	expect_true("lands-on-it", landed < here && landed > here - 2048);
	expect("frame-ss-is-users", this_cpu()->trap.ss, FLAT_USER_SS64);
}
