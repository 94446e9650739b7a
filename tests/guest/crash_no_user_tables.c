/* SPDX-License-Identifier: MIT */
/* iret to user mode by a vCPU that has no user tables. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	static struct iret_context context = {
		.cs = FLAT_USER_CS64, .ss = FLAT_USER_SS64, .rflags = 0x202, .rip = USER_TEXT_VA};

	expect_crash("no-user-tables");
	iret_raw(&context);
}
