/* SPDX-License-Identifier: MIT */
/* Every MSR of the low ranges, read: each is a value or a #GP, and nothing breaks. */
#include "tests/guest/lib/cpu.h"

static void sweep(const char *claim, uint32_t first, uint32_t count)
{
	long values = 0, other = 0;
	uint64_t value;

	for (uint32_t i = 0; i < count; i++) {
		long vector = msr_read(first + i, &value);

		values += vector == NONE;
		other += vector != NONE && vector != 13;
	}
	expect_named(claim, other, 0);
	print("%s: %ld readable", claim, values);
}

void guest_main(void)
{
	sweep("low", 0, 0x2000);
	sweep("high", 0xc0000000, 0x400);
	sweep("amd", 0xc0010000, 0x1400);
	sweep("hypervisor", 0x40000000, 0x200);
	expect("alive", call_version(XENVER_version, NULL), 4 << 16 | 17);
}
