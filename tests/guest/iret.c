/* SPDX-License-Identifier: MIT */
/* The iret hypercall within the kernel: registers, flags, selectors, and the virtual NMI block. */
#include "tests/guest/lib/guest.h"

static struct iret_context context;
uint64_t after[4]; /* named by the assembly below */

/* iret to label 1, on this stack; what arrives is in after[]. */
static void go(void)
{
	asm volatile("push %%rbp\n\tpush %%rbx\n\t"
		     "lea 1f(%%rip), %%rax\n\tmov %%rax, 32(%0)\n\tmov %%rsp, 56(%0)\n\t"
		     "mov %0, %%rsp\n\tmov $23, %%eax\n\tsyscall\n1:\n\t"
		     "mov %%rax, after(%%rip)\n\tmov %%rcx, after + 8(%%rip)\n\t"
		     "mov %%r11, after + 16(%%rip)\n\tpushfq\n\tpopq after + 24(%%rip)\n\t"
		     "pop %%rbx\n\tpop %%rbp\n\tcld"
		     :
		     : "D"(&context)
		     : "rax", "rcx", "r11", "memory", "cc");
}

static void fresh(void)
{
	memset(&context, 0, sizeof(context));
	context.rax = 0xaaaa;
	context.rcx = 0xcccc;
	context.r11 = 0x1111;
	context.cs = FLAT_KERNEL_CS & ~3;
	context.ss = FLAT_KERNEL_SS;
	context.rflags = 2;
}

void guest_main(void)
{
	fresh();
	go();
	expect("rax", after[0], 0xaaaa);
	expect("rcx", after[1], 0xcccc);
	expect("r11", after[2], 0x1111);
	expect("if-forced", after[3] & 0x200, 0x200);
	expect("mask-closed", this_vcpu_info()->evtchn_upcall_mask, 1);
	fresh();
	context.rflags = 0x202;
	go();
	expect("mask-open", this_vcpu_info()->evtchn_upcall_mask, 0);
	events_close();
	fresh();
	context.rflags = 0x3002;
	go();
	expect("iopl-dropped", after[3] & 0x3000, 0);
	fresh();
	context.rflags = 0x2 | 0x20000;
	go();
	expect("vm-dropped", after[3] & 0x20000, 0);
	fresh();
	context.rflags = 0x2 | 0x400 | 0x8d5;
	go();
	expect("flags-kept", after[3] & 0xcd5, 0xcd5);
	fresh();
	context.rflags = 0x2 | 0x200000;
	go();
	expect("id-kept", after[3] & 0x200000, 0x200000);
	fresh();
	context.flags = VGCF_in_syscall;
	go();
	expect("in-syscall-rax", after[0], 0xaaaa);
	fresh();
	context.ss = FLAT_KERNEL_SS & ~3;
	go();
	expect("ss-rpl-raised", after[0], 0xaaaa);
	fresh();
	context.cs = (FLAT_KERNEL_CS & ~3) | 1ul << 32;
	go();
	expect("cs-high-ignored", after[0], 0xaaaa);
}
