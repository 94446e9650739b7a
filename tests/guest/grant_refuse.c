/* SPDX-License-Identifier: MIT */
/* Grants that do not exist, are for others, are of no page, or go to no place. */
#include "tests/guest/lib/grant.h"

static uint8_t page[4096] PAGE_ALIGNED, at[4096] PAGE_ALIGNED;

static long try_dom(uint16_t dom)
{
	struct gnttab_map_grant_ref map = {.host_addr = (uint64_t)at,
					   .flags = GNTMAP_host_map,
					   .ref = 10,
					   .dom = dom,
					   .status = 77};
	long error = call_grant(GNTTABOP_map_grant_ref, &map, 1);

	return error ? 1000 + error : map.status;
}

void guest_main(void)
{
	uint32_t handle;
	uint64_t to = (uint64_t)at;

	grants_init();
	grant_offer(10, page, 0);
	expect("domain-absent", try_dom(9), GNTST_bad_domain);
	expect("domain-io", try_dom(DOMID_IO), GNTST_bad_domain);
	expect("domain-max", try_dom(0xffff), GNTST_bad_domain);
	expect("ref-unused", grant_map(11, to, GNTMAP_host_map, &handle), GNTST_general_error);
	expect("ref-behind-table", grant_map(GRANT_PAGES * 512, to, GNTMAP_host_map, &handle),
	       GNTST_bad_gntref);
	expect("ref-max", grant_map(~0u, to, GNTMAP_host_map, &handle), GNTST_bad_gntref);
	grants[12].domid = 5;
	grants[12].frame = (uint32_t)mfn_of(page);
	grants[12].flags = GTF_permit_access;
	expect("for-another", grant_map(12, to, GNTMAP_host_map, &handle), GNTST_general_error);
	grant_offer(13, page, 0);
	grants[13].frame = 0x7fffffff;
	expect_true("no-frame", grant_map(13, to, GNTMAP_host_map, &handle) < 0);
	expect("no-frame-entry-free", grants[13].flags, GTF_permit_access);
	grant_offer(14, page, 0);
	grants[14].frame = (uint32_t)PTE_FRAME(*boot_slot((void *)M2P_VA, 4));
	expect_true("hypervisor-frame", grant_map(14, to, GNTMAP_host_map, &handle) < 0);
	grant_offer(15, page, 0);
	grants[15].flags = GTF_accept_transfer;
	expect("transfer-entry", grant_map(15, to, GNTMAP_host_map, &handle), GNTST_general_error);
	expect("place-unmapped", grant_map(10, UNMAPPED_VA, GNTMAP_host_map, &handle),
	       GNTST_general_error);
	expect("place-hypervisor", grant_map(10, HYPERVISOR_VA, GNTMAP_host_map, &handle),
	       GNTST_general_error);
	expect("place-m2p", grant_map(10, M2P_VA, GNTMAP_host_map, &handle), GNTST_general_error);
	expect("place-non-canonical", grant_map(10, NON_CANONICAL, GNTMAP_host_map, &handle),
	       GNTST_general_error);
	expect("place-0", grant_map(10, 0, GNTMAP_host_map, &handle), GNTST_general_error);
	expect("no-flags", grant_map(10, to, 0, &handle), GNTST_bad_gntref);
	expect("read-only-alone", grant_map(10, to, GNTMAP_readonly, &handle), GNTST_bad_gntref);
	expect("entry-free", grants[10].flags, GTF_permit_access);
	expect("unmap-handle-0", grant_unmap(to, 0), GNTST_bad_handle);
	expect("unmap-handle-max", grant_unmap(to, ~0u), GNTST_bad_handle);
	expect("place-kept", try_write(to, 1), NONE);
	struct gnttab_map_grant_ref two[2] = {
		{.host_addr = to, .flags = GNTMAP_host_map, .ref = 11, .dom = SELF, .status = 7},
		{.host_addr = to, .flags = GNTMAP_host_map, .ref = 10, .dom = SELF, .status = 7}};

	expect("batch", call_grant(GNTTABOP_map_grant_ref, two, 2), 0);
	expect("batch-first", two[0].status, GNTST_general_error);
	expect("batch-second", two[1].status, GNTST_okay);
	expect("batch-unmap", grant_unmap(to, two[1].handle), GNTST_okay);
	need(!set_pte(at, PTE_RW));
}
