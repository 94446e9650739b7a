/* SPDX-License-Identifier: MIT */
/* unmap_and_replace, swap, cache_flush, transfer: what Linux does not need but may be tried. */
#include "tests/guest/lib/grant.h"

static uint8_t page[4096] PAGE_ALIGNED, at[4096] PAGE_ALIGNED, spare[4096] PAGE_ALIGNED;

void guest_main(void)
{
	struct gnttab_unmap_and_replace replace = {0};
	struct gnttab_swap_grant_ref swap = {.ref_a = 40, .ref_b = 41};
	struct gnttab_cache_flush flush = {0};
	struct gnttab_transfer transfer = {.domid = 9, .mfn = mfn_of(spare)};
	uint32_t handle;

	grants_init();
	grant_offer(40, page, 0);
	grant_offer(41, spare, GTF_readonly);
	expect("map", grant_map(40, (uint64_t)at, GNTMAP_host_map, &handle), GNTST_okay);
	expect("swap-busy", call_grant(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	expect("swap-busy-status", swap.status, GNTST_eagain);
	replace.host_addr = (uint64_t)at;
	replace.new_addr = (uint64_t)spare;
	replace.handle = handle;
	spare[0] = 0xab;
	expect("replace", call_grant(GNTTABOP_unmap_and_replace, &replace, 1), 0);
	expect("replace-status", replace.status, GNTST_okay);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect("replaced", *(volatile uint8_t *)at, 0xab);
	expect("replace-source-gone", *boot_slot(spare, 1) & PTE_P, 0);
	need(!set_pte(at, PTE_RW) && !set_pte(spare, PTE_RW));
	expect("swap", call_grant(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	expect("swap-status", swap.status, GNTST_okay);
	expect("swapped", grants[40].frame, mfn_of(spare));
	expect("swapped-flags", grants[40].flags, GTF_permit_access | GTF_readonly);
	flush.op = GNTTAB_CACHE_CLEAN;
	flush.length = 64;
	flush.a.dev_bus_addr = maddr_of(page);
	expect_true("cache-flush-answered", call_grant(GNTTABOP_cache_flush, &flush, 1) <= 0);
	expect("transfer-no-domain", call_grant(GNTTABOP_transfer, &transfer, 1), 0);
	expect_true("transfer-refused", transfer.status < 0);
}
