/* SPDX-License-Identifier: MIT */
/* A frame that has nowhere to go, with the stack in the hypervisor's range. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	expect_crash("hypervisor-stack");
	asm volatile("mov %0, %%rsp\n\tud2" : : "r"(HYPERVISOR_VA + 0x100000));
}
