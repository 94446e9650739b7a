/* SPDX-License-Identifier: MIT */
/* set_segment_base: FS, both GS bases, and the user GS selector. */
#include "tests/guest/lib/cpu.h"

asm(".pushsection .user, \"ax\"\n"
    "user_gs: mov %gs:0, %rax\n\tmov %fs:0, %rbx\n\tsyscall\n"
    ".popsection");
extern const char user_gs[];

void guest_main(void)
{
	static uint64_t fs_there = 0xf5f5, gs_there = 0x6565;
	struct trap_frame frame, *trap = &this_cpu()->trap;
	uint64_t value;

	expect("fs", call_segment(SEGBASE_FS, (uint64_t)&fs_there), 0);
	asm volatile("mov %%fs:0, %0" : "=r"(value));
	expect("fs-used", value, 0xf5f5);
	expect("gs-kernel", call_segment(SEGBASE_GS_KERNEL, (uint64_t)&gs_there), 0);
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	expect("gs-kernel-used", value, 0x6565);
	msr_read(0xc0000101, &value);
	expect("gs-kernel-msr", value, &gs_there);
	expect("gs-user", call_segment(SEGBASE_GS_USER, USER_DATA_VA + 256), 0);
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	expect("gs-user-not-now", value, 0x6565);
	msr_read(0xc0000102, &value);
	expect("gs-user-msr", value, USER_DATA_VA + 256);
	this_vcpu_info()->evtchn_upcall_mask = 1;
	this_vcpu_info()->evtchn_upcall_pending = 1;
	msr_read(0xc0000102, &value);
	expect("gs-user-msr-pending", value, USER_DATA_VA + 256);
	expect("gs-user-msr-still-pending", this_vcpu_info()->evtchn_upcall_pending, 1);
	this_vcpu_info()->evtchn_upcall_pending = 0;
	this_vcpu_info()->evtchn_upcall_mask = 0;
	expect("fs-non-canonical", call_segment(SEGBASE_FS, NON_CANONICAL), -XEN_EINVAL);
	expect("gs-non-canonical", call_segment(SEGBASE_GS_USER, NON_CANONICAL), -XEN_EINVAL);
	expect("gs-kernel-non-canonical", call_segment(SEGBASE_GS_KERNEL, NON_CANONICAL),
	       -XEN_EINVAL);
	expect("selector-0", call_segment(SEGBASE_GS_USER_SEL, 0), 0);
	expect("selector-bad", call_segment(SEGBASE_GS_USER_SEL, 0xfff8), 0);
	expect("selector-beyond", call_segment(SEGBASE_GS_USER_SEL, 0x12345), 0);
	expect("which-4", call_segment(4, 0), -XEN_EINVAL);
	for (uint64_t which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++)
		expect("which-high-half", call_segment(1ull << 32 | which, NON_CANONICAL),
		       -XEN_EINVAL);
	user_init();
	*(uint64_t *)&user_data[256] = 0xabcd;
	*(uint64_t *)&user_data[512] = 0xef01;
	call_segment(SEGBASE_GS_USER, USER_DATA_VA + 256);
	call_segment(SEGBASE_FS, USER_DATA_VA + 512);
	user_frame(&frame, user_gs);
	expect("user", user_run(&frame), VECTOR_SYSCALL);
	expect("user-gs", trap->rax, 0xabcd);
	expect("user-fs", trap->rbx, 0xef01);
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	expect("kernel-gs-again", value, 0x6565);
}
