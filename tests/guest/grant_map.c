/* SPDX-License-Identifier: MIT */
/* Mapping a grant at a virtual address, writable and read-only, and unmapping it. */
#include "tests/guest/lib/grant.h"

static uint8_t page[4096] PAGE_ALIGNED, at[4096] PAGE_ALIGNED, other[4096] PAGE_ALIGNED;

static void claim_writable(void)
{
	uint32_t handle;

	grant_offer(100, page, 0);
	page[0] = 0x31;
	at[0] = 0x77;
	need(!set_pte(at, 0)); /* mapping does not flush the old entry */
	expect("map", grant_map(100, (uint64_t)at, GNTMAP_host_map, &handle), GNTST_okay);
	expect("mapped-read", *(volatile uint8_t *)at, 0x31);
	expect("mapped-write", try_write((uint64_t)at, 0x32), NONE);
	expect("mapped-write-seen", *(volatile uint8_t *)page, 0x32);
	expect("entry-reading", grants[100].flags & GTF_reading, GTF_reading);
	expect("entry-writing", grants[100].flags & GTF_writing, GTF_writing);
	expect("unmap-wrong-address", grant_unmap((uint64_t)other, handle), GNTST_general_error);
	expect("unmap-wrong-handle", grant_unmap((uint64_t)at, handle + 1000), GNTST_bad_handle);
	expect("unmap", grant_unmap((uint64_t)at, handle), GNTST_okay);
	expect("unmapped", try_write((uint64_t)at, 1), 14);
	expect("entry-free", grants[100].flags, GTF_permit_access);
	expect("unmap-twice", grant_unmap((uint64_t)at, handle), GNTST_bad_handle);
	expect("place-again", set_pte(at, PTE_RW), 0);
	expect("place-old", *(volatile uint8_t *)at, 0x77);
}

static void claim_read_only(void)
{
	uint32_t handle, second;
	uint64_t value;

	need(!set_pte(at, 0) && !set_pte(other, 0));
	expect("read-only",
	       grant_map(100, (uint64_t)at, GNTMAP_host_map | GNTMAP_readonly, &handle),
	       GNTST_okay);
	expect("read-only-read", try_read((uint64_t)at, &value), NONE);
	expect("read-only-write", try_write((uint64_t)at, 1), 14);
	expect("read-only-entry", grants[100].flags & (GTF_reading | GTF_writing), GTF_reading);
	expect("second", grant_map(100, (uint64_t)other, GNTMAP_host_map, &second), GNTST_okay);
	expect_true("second-handle", second != handle);
	expect("second-entry", grants[100].flags & GTF_writing, GTF_writing);
	expect("second-unmap", grant_unmap((uint64_t)other, second), GNTST_okay);
	expect("second-entry-kept", grants[100].flags & (GTF_reading | GTF_writing), GTF_reading);
	expect("read-only-unmap", grant_unmap((uint64_t)at, handle), GNTST_okay);
	grant_offer(101, page, GTF_readonly);
	expect("offer-read-only", grant_map(101, (uint64_t)at, GNTMAP_host_map, &handle),
	       GNTST_general_error);
	expect("offer-read-only-read",
	       grant_map(101, (uint64_t)at, GNTMAP_host_map | GNTMAP_readonly, &handle),
	       GNTST_okay);
	expect("offer-read-only-unmap", grant_unmap((uint64_t)at, handle), GNTST_okay);
	need(!set_pte(at, PTE_RW) && !set_pte(other, PTE_RW));
}

static void claim_types(void)
{
	uint32_t handle;

	/* A page mapped writable through a grant is writable: no page table. */
	expect("type-map", grant_map(100, (uint64_t)at, GNTMAP_host_map, &handle), GNTST_okay);
	need(!set_pte(page, PTE_RO));
	expect("type-pin-refused", pin_table(1, page), -XEN_EINVAL);
	expect("type-unmap", grant_unmap((uint64_t)at, handle), GNTST_okay);
	need(!set_pte(at, PTE_RW));
	expect("type-pin-page-contents", pin_table(1, other), -XEN_EINVAL);
	uint64_t *table = page_alloc();

	need(!set_pte(table, PTE_RO) && !pin_table(1, table));
	grant_offer(102, table, 0);
	expect("table-writable", grant_map(102, (uint64_t)at, GNTMAP_host_map, &handle),
	       GNTST_general_error);
	expect("table-read-only",
	       grant_map(102, (uint64_t)at, GNTMAP_host_map | GNTMAP_readonly, &handle),
	       GNTST_okay);
	expect("table-unmap", grant_unmap((uint64_t)at, handle), GNTST_okay);
	expect("table-unpin", unpin_table(table), 0);
}

void guest_main(void)
{
	grants_init();
	claim_writable();
	claim_read_only();
	claim_types();
}
