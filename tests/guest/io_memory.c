/* SPDX-License-Identifier: MIT */
/* dom0's way to memory that is not RAM of guests: BIOS, VGA, devices; and what stays closed. */
#include "tests/guest/lib/guest.h"

static uint8_t window[2 * 4096] PAGE_ALIGNED;

static long map(uint64_t machine, uint64_t flags)
{
	return call_va(window, machine | flags, UVMF_INVLPG);
}

static bool find_rsdp(void)
{
	for (uint64_t at = 0xe0000; at < 0x100000; at += 4096) {
		if (map(at, PTE_RO))
			return false;
		for (int i = 0; i < 4096; i += 16)
			if (!memcmp(window + i, "RSD PTR ", 8))
				return true;
	}
	return false;
}

void guest_main(void)
{
	long refused = 0;

	expect("frame-0", map(0, PTE_RO), 0);
	expect("ebda-pointer", map(0, PTE_RW), 0);
	for (uint64_t mfn = 0xa0; mfn < 0x100; mfn++)
		refused += map(mfn << 12, PTE_RW) != 0;
	expect("a0000-fffff", refused, 0);
	expect("rsdp", find_rsdp(), 1);
	expect("uncached", map(0xb8000, PTE_RW | PTE_PCD | PTE_PWT), 0);
	expect("uncached-kept", *boot_slot(window, 1) & (PTE_PCD | PTE_PWT), PTE_PCD | PTE_PWT);
	expect_true("lapic-refused",
		    map(0xfee00000, PTE_RW) < 0 || !(*boot_slot(window, 1) & PTE_W));
	/* RAM that is not ours: all of it refused (frames of the hypervisor or free). */
	long mine = 0, others = 0, open = 0;

	for (uint64_t mfn = 0x1000; mfn < 0x1f000; mfn += 7) {
		uint64_t pfn = m2p(mfn);
		bool owned = pfn < start_info->nr_pages && p2m_array()[pfn] == mfn;

		if (owned) {
			mine++;
			continue;
		}
		others++;
		open += map(mfn << 12, PTE_RW) == 0;
	}
	expect_true("others-exist", others > 1000);
	expect_true("mine-exist", mine > 1000);
	expect("others-refused", open, 0);
	need(!set_pte(window, PTE_RW));
}
