/* SPDX-License-Identifier: MIT */
/* Both vCPUs in user mode at once, on one set of user tables, thousands of times. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\n"
    "user_add: mov %rdi, %rax\n\tadd %rsi, %rax\n\tlock incq (%rdx)\n\tsyscall\n\tud2\n"
    ".popsection");
extern const char user_add[];
static volatile int stop;
static volatile long bad, rounds[2];

static void run(uint64_t id)
{
	struct trap_frame frame;

	for (uint64_t i = 0; i < 3000; i++) {
		user_frame(&frame, user_add);
		frame.rdi = i;
		frame.rsi = id << 32;
		frame.rdx = USER_DATA_VA;
		frame.rsp = USER_STACK - id * 1024;
		bad += user_run(&frame) != VECTOR_SYSCALL;
		bad += this_cpu()->trap.rax != i + (id << 32);
		bad += this_cpu()->trap.rsp != frame.rsp;
		rounds[id]++;
	}
}

static void other(void *argument)
{
	(void)argument;
	mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(user_root), 0);
	struct callback_register callback = {.type = CALLBACKTYPE_syscall,
					     .flags = CALLBACKF_mask_events,
					     .address = (uint64_t)syscall_callback};

	call_callback(CALLBACKOP_register, &callback);
	run(1);
}

void guest_main(void)
{
	user_init();
	expect("start", vcpu_start(1, other, NULL), 0);
	run(0);
	expect_true("finished", vcpu_wait(1));
	expect("bad", bad, 0);
	expect("rounds", rounds[0] + rounds[1], 6000);
	expect("memory", *(uint64_t *)user_data, 6000);
}
