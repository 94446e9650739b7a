/* SPDX-License-Identifier: MIT */
/* A system call's frame that has nowhere to go: the kernel's stack is in Enso's range. */
#include "tests/guest/lib/stackless.h"

asm(".pushsection .user, \"ax\"\nuser_calls: syscall\n\tud2\n.popsection");
extern const char user_calls[];

void guest_main(void)
{
	run_stackless(user_calls, HYPERVISOR_VA + 0x100000);
}
