/* SPDX-License-Identifier: MIT */
/* An L4 that refers to itself: Enso refuses linear page tables (decision in docs/security.md). */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	uint64_t *l4 = (uint64_t *)start_info->pt_base, *other = page_alloc();

	expect_refused("self-writable", set_entry(&l4[8], maddr_of(l4) | PTE_TABLE));
	expect_refused("self-read-only", set_entry(&l4[8], maddr_of(l4) | PTE_RO));
	set_entry(&l4[8], 0);
	need(!set_pte(other, PTE_RO) && !pin_table(4, other));
	expect_refused("other-writable", set_entry(&l4[8], maddr_of(other) | PTE_TABLE));
	expect_refused("other-read-only", set_entry(&l4[8], maddr_of(other) | PTE_RO));
	set_entry(&l4[8], 0);
	expect("other-unpin", unpin_table(other), 0);
	expect("other-free", set_pte(other, PTE_RW), 0);
}
