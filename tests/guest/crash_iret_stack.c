/* SPDX-License-Identifier: MIT */
/* iret whose frame cannot be read. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	expect_crash("iret-frame-unmapped");
	iret_raw((struct iret_context *)UNMAPPED_VA);
}
