/* SPDX-License-Identifier: MIT */
/* Thousands of mappings of one page: handles are unique, come back, and leave no trace. */
#include "tests/guest/lib/grant.h"

#define MANY   2000
#define WINDOW 0x20000000000ul

static uint8_t page[4096] PAGE_ALIGNED;
static uint32_t handles[MANY];
static uint8_t seen[1 << 16];

void guest_main(void)
{
	long failed = 0, duplicates = 0;

	grants_init();
	/* Real Xen takes 128 mappings of one grant at a time. */
	for (uint32_t ref = 30; ref < 30 + MANY / 100; ref++)
		grant_offer(ref, page, 0);
	for (unsigned int i = 0; i < MANY; i++)
		need(!prepare_va(WINDOW + i * 4096ul));
	for (int round = 0; round < 3; round++) {
		memset(seen, 0, sizeof(seen));
		for (unsigned int i = 0; i < MANY; i++) {
			failed += grant_map(30 + i / 100, WINDOW + i * 4096ul, GNTMAP_host_map,
					    &handles[i]) != 0;
			duplicates += seen[handles[i] & 0xffff]++;
		}
		for (unsigned int i = 0; i < MANY; i++)
			failed += grant_unmap(WINDOW + i * 4096ul, handles[i]) != 0;
	}
	expect("maps", failed, 0);
	expect("handles-unique", duplicates, 0);
	expect("entry-free", grants[30].flags, GTF_permit_access);
	need(!set_pte(page, PTE_RO));
	expect("page-free", pin_table(1, page), 0);
	expect("page-unpin", unpin_table(page), 0);
}
