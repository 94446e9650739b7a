/* SPDX-License-Identifier: MIT */
/*
 * SYSCALL in the last two bytes of the lower half: the return address is not
 * canonical, and a hypervisor that leaves by SYSRET faults in ring 0.
 */
#include "tests/guest/lib/guest.h"

#define LAST_PAGE 0x00007ffffffff000ul

static void jump(void *to)
{
	asm volatile("mov $17, %%eax\n\txor %%esi, %%esi\n\tmov %0, %%rdx\n\txor %%edi, %%edi\n\t"
		     "jmp *%%rdx"
		     :
		     : "r"(to)
		     : "rax", "rdx", "rsi", "rdi");
}

void guest_main(void)
{
	uint8_t *page = page_alloc();
	struct trap_frame frame;
	long vector;

	page[4094] = 0x0f;
	page[4095] = 0x05;
	page[0] = 0x0f; /* ud2 */
	page[1] = 0x0b;
	need(!map_va(LAST_PAGE, maddr_of(page) | PTE_RW));
	expect("page-runs", try_call(jump, (void *)LAST_PAGE), 6);
	vector = try_call(jump, (void *)(LAST_PAGE + 4094));
	expect_true("kernel", vector == 13 || vector == VECTOR_FAILSAFE);
	expect("kernel-rip", this_cpu()->trap.rip, NON_CANONICAL);
	/* From user mode it is a system call like any other. */
	user_init();
	uint64_t *user_l4 = user_root;

	need(!set_entry(&user_l4[255], *boot_slot((void *)LAST_PAGE, 4)));
	user_frame(&frame, user_text_start);
	frame.rip = LAST_PAGE + 4094;
	expect("user", user_run(&frame), VECTOR_SYSCALL);
	expect("user-rcx", this_cpu()->trap.rcx, NON_CANONICAL);
	frame.rip = NON_CANONICAL;
	vector = user_run(&frame);
	expect_true("user-back", vector == 13 || vector == VECTOR_FAILSAFE);
	frame.rcx = NON_CANONICAL;
	frame.r11 = frame.rflags;
	vector = user_run(&frame);
	expect_true("user-back-like-sysret", vector == 13 || vector == VECTOR_FAILSAFE);
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
}
