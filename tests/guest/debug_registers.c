/* SPDX-License-Identifier: MIT */
/* set_debugreg and get_debugreg, #DB from breakpoints and single steps. */
#include "tests/guest/lib/cpu.h"

static volatile uint64_t watched;

static long set(unsigned int reg, uint64_t value)
{
	return hc2(__HYPERVISOR_set_debugreg, reg, value);
}

static uint64_t get(unsigned int reg)
{
	return (uint64_t)hc1(__HYPERVISOR_get_debugreg, reg);
}

static int steps;
static uint64_t stepped_to;
extern const char behind_rdmsr[];

static bool hook(struct trap_frame *frame)
{
	if (frame->vector != 1)
		return false;
	steps++;
	stepped_to = frame->rip;
	frame->rflags &= ~0x100ul;
	return true;
}

void guest_main(void)
{
	expect("dr7-start", get(7) & 0xff, 0);
	expect("set-dr0", set(0, (uint64_t)&watched), 0);
	expect("get-dr0", get(0), &watched);
	expect("set-hypervisor", set(1, HYPERVISOR_VA), -XEN_EPERM);
	expect("set-non-canonical", set(1, NON_CANONICAL), -XEN_EPERM);
	expect("get-dr1", get(1), 0);
	expect("dr4-is-dr6", set(4, 0), 0);
	expect("dr8", set(8, 0), -XEN_ENODEV);
	expect("get-dr8", get(8), -XEN_ENODEV);
	expect("dr7-enable", set(7, 0x401 | 0xd0000), 0);
	expect("db", try_asm("mov %1, %0", : "=m"(watched) : "r"(5ul) : "memory"), 1);
	expect("db-dr6", get(6) & 1, 1);
	expect("dr7-disable", set(7, 0x400), 0);
	expect("db-off", try_asm("mov %1, %0", : "=m"(watched) : "r"(6ul) : "memory"), NONE);
	expect("dr7-io-without-de", set(7, 0x401 | 0x20000), -XEN_EPERM);
	expect("dr7-general-detect", set(7, 1 << 13) <= 0, 1);
	expect("dr6", set(6, 0), 0);
	expect("dr6-seen", get(6) & 0xf, 0);
	set(7, 0);
	trap_hook = hook;
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop" : : : "memory", "cc");
	expect("single-step", steps, 1);
	expect("single-step-dr6", get(6) >> 14 & 1, 1);
	set(6, 0);
	/* One that Enso carries out: KERNEL_GS_BASE. */
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\trdmsr\nbehind_rdmsr: nop"
		     :
		     : "c"(0xc0000102)
		     : "rax", "rdx", "memory", "cc");
	trap_hook = NULL;
	expect("single-step-rdmsr", steps, 2);
	expect("single-step-rdmsr-rip", stepped_to, behind_rdmsr);
	expect("single-step-rdmsr-dr6", get(6) >> 14 & 1, 1);
	expect("mov-from-dr0", ({
		       uint64_t value = 1;
		       try_asm("mov %%dr0, %0", : "=r"(value));
		       value;
	       }),
	       &watched);
}
