/* SPDX-License-Identifier: MIT */
/* tests/guest/lib/stackless.h - a process that comes to a kernel whose stack takes nothing. */
#pragma once

#include "tests/guest/lib/guest.h"

/* Runs this text of the .user section: the domain ends when it is left. */
static inline void run_stackless(const char *text, uint64_t stack)
{
	static struct iret_context context = {
		.cs = FLAT_USER_CS64, .ss = FLAT_USER_SS64, .rflags = 0x202, .rsp = USER_STACK};

	user_init();
	context.rip = user_va(text);
	need(!call_stack(FLAT_KERNEL_SS, stack));
	expect_crash("stack");
	iret_raw(&context);
}
