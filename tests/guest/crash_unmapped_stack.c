/* SPDX-License-Identifier: MIT */
/* A frame that has nowhere to go, with the stack not mapped. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	expect_crash("unmapped-stack");
	asm volatile("mov %0, %%rsp\n\tud2" : : "r"(UNMAPPED_VA));
}
