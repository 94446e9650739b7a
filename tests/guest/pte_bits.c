/* SPDX-License-Identifier: MIT */
/* Every bit of an L1 entry: which are kept, forced or refused. */
#include "tests/guest/lib/guest.h"

static uint8_t page[4096] PAGE_ALIGNED;

static long with(uint64_t bits)
{
	long error = call_va(page, maddr_of(page) | PTE_RW | bits, UVMF_INVLPG);

	return error ? error : (long)(*boot_slot(page, 1) & bits);
}

void guest_main(void)
{
	static const char *const high[] = {"bit-52", "bit-53", "bit-54", "bit-55", "bit-56",
					   "bit-57", "bit-58", "bit-59", "bit-60", "bit-61"};
	uint64_t value;

	expect("avail-9", with(1ul << 9), 1ul << 9);
	expect("avail-10", with(1ul << 10), 1ul << 10);
	expect("avail-11", with(1ul << 11), 1ul << 11);
	expect("pwt", with(PTE_PWT), PTE_PWT);
	expect("pcd", with(PTE_PCD), PTE_PCD);
	expect("pat", with(PTE_PSE), PTE_PSE);
	expect("pwt-pcd-pat", with(PTE_PSE | PTE_PCD | PTE_PWT), PTE_PSE | PTE_PCD | PTE_PWT);
	expect("nx", with(PTE_NX), PTE_NX);
	for (unsigned int i = 0; i < ARRAY_SIZE(high); i++)
		expect_named(high[i], with(1ul << (52 + i)), 1ul << (52 + i));
	expect("bit-62", with(1ul << 62), 1ul << 62);
	/* The hypervisor may use it or drop it; it may not be an error. */
	expect_true("global", with(PTE_G) >= 0);
	expect_refused("bit-51", with(1ul << 51));
	expect_refused("bit-48", with(1ul << 48));
	expect("no-user", call_va(page, maddr_of(page) | PTE_P | PTE_W, UVMF_INVLPG), 0);
	expect("no-user-write", try_write((uint64_t)page, 1), NONE);
	expect("plain", with(0), 0);
	expect("write", try_write((uint64_t)page, 1), NONE);
	expect("dirty-set", *boot_slot(page, 1) & PTE_D, PTE_D);
	expect("no-write", call_va(page, maddr_of(page) | PTE_P, UVMF_INVLPG), 0);
	expect("no-write-write", try_write((uint64_t)page, 1), 14);
	expect("no-write-read", try_read((uint64_t)page, &value), NONE);
}
