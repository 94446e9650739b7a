/* SPDX-License-Identifier: MIT */
/* Mapping a grant into an L1 entry named by its machine address (GNTMAP_contains_pte). */
#include "tests/guest/lib/grant.h"

static uint8_t page[4096] PAGE_ALIGNED, at[4096] PAGE_ALIGNED;

void guest_main(void)
{
	const uint32_t pte_map = GNTMAP_host_map | GNTMAP_contains_pte;
	uint64_t *slot = boot_slot(at, 1);
	uint32_t handle;

	grants_init();
	grant_offer(50, page, 0);
	page[9] = 0x99;
	expect("map", grant_map(50, maddr_of(slot), pte_map, &handle), GNTST_okay);
	expect("entry", PTE_FRAME(*slot), mfn_of(page));
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect("seen", *(volatile uint8_t *)&at[9], 0x99);
	expect("unmap", grant_unmap(maddr_of(slot), handle), GNTST_okay);
	expect("entry-gone", *slot & PTE_P, 0);
	expect("avail",
	       grant_map(50, maddr_of(slot), pte_map | 1u << _GNTMAP_guest_avail0 | 1u << 18,
			 &handle),
	       GNTST_okay);
	expect("avail-bits", *slot >> 9 & 7, 5);
	expect("avail-unmap", grant_unmap(maddr_of(slot), handle), GNTST_okay);
	expect("misaligned", grant_map(50, maddr_of(slot) + 4, pte_map, &handle),
	       GNTST_general_error);
	expect("not-a-table", grant_map(50, maddr_of(page), pte_map, &handle), GNTST_general_error);
	expect("l2-table", grant_map(50, maddr_of(boot_slot(at, 2)), pte_map, &handle),
	       GNTST_general_error);
	expect("no-frame", grant_map(50, 0xfffffffful << 12, pte_map, &handle),
	       GNTST_general_error);
	expect("hypervisor",
	       grant_map(50, *boot_slot((void *)M2P_VA, 4) & ~0xffful, pte_map, &handle),
	       GNTST_general_error);
	expect("entry-untouched", grants[50].flags, GTF_permit_access);
	/* The guest clears the entry itself: the handle must stay good for unmap. */
	expect("map-again", grant_map(50, maddr_of(slot), pte_map, &handle), GNTST_okay);
	expect("clear-by-guest", set_entry(slot, 0), 0);
	expect("unmap-cleared", grant_unmap(maddr_of(slot), handle), GNTST_general_error);
	expect("place-again", set_pte(at, PTE_RW), 0);
}
