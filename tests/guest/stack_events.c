/* SPDX-License-Identifier: MIT */
/* Events that arrive in user mode: they land on the kernel stack and user mode goes on. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\n"
    "user_spin: mov $30000000, %rcx\n\txor %eax, %eax\n1:\tinc %rax\n\tdec %rcx\n\tjnz 1b\n\t"
    "syscall\n\tud2\n"
    ".popsection");
extern const char user_spin[];
static volatile long from_user;

static bool hook(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_EVENT && (frame->cs & 3) == 3)
		from_user++;
	return false;
}

void guest_main(void)
{
	struct vcpu_set_periodic_timer periodic = {.period_ns = 1000000};
	struct trap_frame frame;
	long timer = bind_virq(VIRQ_TIMER, 0);

	need(timer > 0 && !call_vcpu(VCPUOP_set_periodic_timer, 0, &periodic));
	user_init();
	user_frame(&frame, user_spin);
	trap_hook = hook;
	expect("returns", user_run(&frame), VECTOR_SYSCALL);
	expect("result", this_cpu()->trap.rax, 30000000);
	expect("rcx", this_cpu()->trap.rip, this_cpu()->trap.rcx);
	expect_true("interrupted", from_user > 0);
	call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL);
}
