/* SPDX-License-Identifier: MIT */
/* A kernel that asks for its p2m at an address of its own (INIT_P2M), as Linux does. */
/* start: -DGUEST_WITH_INIT_P2M */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	uint64_t *p2m = (uint64_t *)INIT_P2M_VA, wrong = 0, value;
	uint64_t last = INIT_P2M_VA + start_info->nr_pages * 8 - 8;

	expect("mfn-list", start_info->mfn_list, INIT_P2M_VA);
	expect_true("first-pfn", start_info->first_p2m_pfn > 0 &&
					 start_info->first_p2m_pfn < start_info->nr_pages);
	expect_true("frames", start_info->nr_p2m_frames >= start_info->nr_pages * 8 / 4096 + 3);
	for (uint64_t pfn = 0; pfn < start_info->nr_pages; pfn++)
		wrong += m2p(p2m[pfn]) != pfn;
	expect("m2p-inverts", wrong, 0);
	expect("last-readable", try_read(last, &value), NONE);
	expect("writable", try_write(INIT_P2M_VA, p2m[0]), NONE);
	expect("mod-len", start_info->mod_len, 0);
}
