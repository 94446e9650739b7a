/* SPDX-License-Identifier: MIT */
/* iret to user mode with hostile frames: the fault comes back to the kernel, nothing else. */
#include "tests/guest/lib/guest.h"

asm(".pushsection .user, \"ax\"\n"
    "user_syscall: pushfq\n\tpop %rbx\n\tmov %ss, %edx\n\tsyscall\n\tud2\n"
    ".popsection");
extern const char user_syscall[];
static struct trap_frame frame;

static long go(void)
{
	return user_run(&frame);
}

void guest_main(void)
{
	struct trap_frame *trap = &this_cpu()->trap;

	user_init();
	user_frame(&frame, user_syscall);
	expect("plain", go(), VECTOR_SYSCALL);
	frame.rflags = 0x3202;
	expect("iopl", go(), VECTOR_SYSCALL);
	expect("iopl-dropped", trap->rbx & 0x3000, 0);
	frame.rflags = 0x2;
	expect("if-clear", go(), VECTOR_SYSCALL);
	expect("if-forced", trap->rbx & 0x200, 0x200);
	frame.rflags = 0x202 | 0x4000;
	long vector = go();

	expect_true("nt", vector == VECTOR_SYSCALL);
	frame.rflags = 0x302;
	expect("tf", go(), 1);
	expect("tf-cs", trap->cs & 0xffff, FLAT_USER_CS64);
	user_frame(&frame, user_syscall);
	frame.rip = NON_CANONICAL;
	vector = go();
	expect_true("rip-non-canonical", vector == 13 || vector == VECTOR_FAILSAFE);
	frame.rip = HYPERVISOR_VA;
	expect("rip-hypervisor", go(), 14);
	expect("rip-hypervisor-cr2", this_cpu()->cr2, HYPERVISOR_VA);
	frame.rip = UNMAPPED_VA;
	expect("rip-unmapped", go(), 14);
	expect("rip-unmapped-error", trap->error & ~0x10ul, 4);
	frame.rip = (uint64_t)guest_main;
	expect("rip-kernel", go(), 14);
	user_frame(&frame, user_syscall);
	frame.rsp = UNMAPPED_VA;
	expect("rsp-unmapped", go(), 14);
	frame.rsp = HYPERVISOR_VA + 0x1000;
	expect("rsp-hypervisor", go(), 14);
	user_frame(&frame, user_syscall);
	frame.cs = 0xe033;
	expect("cs", go(), VECTOR_SYSCALL);
	user_frame(&frame, user_syscall);
	expect("fine-again", go(), VECTOR_SYSCALL);
}
