/* SPDX-License-Identifier: MIT */
/* Hypercalls with a stack that is none, with TF set, behind MOV SS: the answer is the same. */
#include "tests/guest/lib/guest.h"

static volatile long debug_traps;

static bool hook(struct trap_frame *frame)
{
	if (frame->vector != 1)
		return false;
	debug_traps++;
	frame->rflags &= ~0x100ul;
	return true;
}

static long version_with_stack(uint64_t rsp)
{
	long answer;

	asm volatile("mov %%rsp, %%r12\n\tmov %1, %%rsp\n\tmov $17, %%eax\n\txor %%edi, %%edi\n\t"
		     "xor %%esi, %%esi\n\tsyscall\n\tmov %%rsp, %%r13\n\tmov %%r12, %%rsp\n\t"
		     "cmp %1, %%r13\n\tje 1f\n\tmov $-1, %%rax\n1:"
		     : "=&a"(answer)
		     : "r"(rsp)
		     : "rcx", "rdi", "rsi", "r11", "r12", "r13", "memory", "cc");
	return answer;
}

static long version_single_step(void)
{
	long answer;

	asm volatile("xor %%edi, %%edi\n\txor %%esi, %%esi\n\tpushfq\n\torq $0x100, (%%rsp)\n\t"
		     "mov $17, %%eax\n\tpopfq\n\tsyscall\n\tnop"
		     : "=&a"(answer)
		     :
		     : "rcx", "rdi", "rsi", "r11", "memory", "cc");
	return answer;
}

/* A watched load of SS holds the trap back to the next instruction: SYSCALL. */
static long version_behind_mov_ss(void)
{
	static uint16_t selector = FLAT_KERNEL_SS;
	long answer;

	hc2(__HYPERVISOR_set_debugreg, 0, (uint64_t)&selector);
	hc2(__HYPERVISOR_set_debugreg, 7, 0x70401);
	asm volatile("xor %%edi, %%edi\n\txor %%esi, %%esi\n\tmov $17, %%eax\n\t"
		     "mov %1, %%ss\n\tsyscall\n\tnop"
		     : "=&a"(answer)
		     : "m"(selector)
		     : "rcx", "rdi", "rsi", "r11", "memory", "cc");
	hc2(__HYPERVISOR_set_debugreg, 7, 0);
	return answer;
}

void guest_main(void)
{
	const long version = 4 << 16 | 17;

	expect("rsp-0", version_with_stack(0), version);
	expect("rsp-odd", version_with_stack(0x12345), version);
	expect("rsp-hypervisor", version_with_stack(HYPERVISOR_VA + 8), version);
	expect("rsp-non-canonical", version_with_stack(NON_CANONICAL), version);
	expect("rsp-max", version_with_stack(~0ul), version);
	trap_hook = hook;
	expect("single-step", version_single_step(), version);
	expect_true("single-step-trap", debug_traps >= 1);
	expect("mov-ss", version_behind_mov_ss(), version);
	trap_hook = NULL;
	asm volatile("pushfq\n\torq $0x4000, (%%rsp)\n\tpopfq" : : : "memory", "cc");
	expect("nested-task-flag", call_version(XENVER_version, NULL), version);
	asm volatile("pushfq\n\tandq $~0x4000, (%%rsp)\n\tpopfq" : : : "memory", "cc");
	expect("fine-again", try_asm("ud2"), 6);
}
