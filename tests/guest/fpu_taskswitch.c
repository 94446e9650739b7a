/* SPDX-License-Identifier: MIT */
/* fpu_taskswitch: the guest's own CR0.TS, and #NM when it is set. */
#include "tests/guest/lib/cpu.h"

static long touch(void)
{
	return try_asm("movups %%xmm0, %%xmm1\n\t", : : : "memory");
}

void guest_main(void)
{
	uint64_t cr0;

	expect("clear-at-start", touch(), NONE);
	expect("set", hc1(__HYPERVISOR_fpu_taskswitch, 1), 0);
	try_asm("mov %%cr0, %0", : "=r"(cr0));
	expect("set-seen", cr0 & 8, 8);
	expect("nm", touch(), 7);
	/* Delivering #NM clears TS, as the kernel would have done first. */
	expect("nm-clears", touch(), NONE);
	hc1(__HYPERVISOR_fpu_taskswitch, 1);
	expect("clear", hc1(__HYPERVISOR_fpu_taskswitch, 0), 0);
	try_asm("mov %%cr0, %0", : "=r"(cr0));
	expect("clear-seen", cr0 & 8, 0);
	expect("clear-touch", touch(), NONE);
	hc1(__HYPERVISOR_fpu_taskswitch, 1);
	call_sched(SCHEDOP_yield, NULL);
	expect("kept-over-yield", touch(), 7);
}
