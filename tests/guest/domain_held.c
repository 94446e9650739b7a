/* SPDX-License-Identifier: MIT */
/* What others hold of a domain outlives it, and goes when they let go. */
#include "tests/guest/lib/child.h"

static uint8_t window[4096] PAGE_ALIGNED, grant_window[4096] PAGE_ALIGNED;
static uint8_t map_window[4096] PAGE_ALIGNED;

/* Destroyed with a page of it mapped here. */
static void claim_mapped(void)
{
	struct xen_domctl_getdomaininfo info;
	struct child child;
	volatile uint8_t *page;

	need(!child_create(&child, 1));
	child_build(&child, child_spin, 0);
	page = child_map(&child, child.mfns[CHILD_CODE], window);
	need(page);
	uint8_t first = page[0];

	expect("destroy", domctl_simple(XEN_DOMCTL_destroydomain, child.id), 0);
	expect("lingers", child_info(child.id, &info), 0);
	expect_true("dying", info.flags & XEN_DOMINF_dying);
	expect("one-page", info.tot_pages, 1);
	expect("still-readable", page[0], first);
	expect_refused("no-pages", child_populate(&child, 1) > 0 ? 0 : -1);
	child_unmap(window);
	expect_true("gone-with-the-mapping", child_gone(child.id));
}

/* The frames of its grant table, by acquire_resource, and an offer in it. */
static xen_pfn_t grant_frame(domid_t id)
{
	struct xen_mem_acquire_resource request = {
		.domid = id, .type = XENMEM_resource_grant_table, .nr_frames = 1};
	xen_pfn_t frame = 0;

	set_xen_guest_handle(request.frame_list, &frame);
	need(!call_memory(XENMEM_acquire_resource, &request));
	return frame;
}

static void claim_granted(void)
{
	struct gnttab_map_grant_ref map = {.flags = GNTMAP_host_map, .ref = 1};
	struct gnttab_unmap_grant_ref unmap = {0};
	struct xen_domctl_getdomaininfo info;
	grant_entry_v1_t *entries;
	struct child child;

	need(!child_create(&child, 1));
	child_build(&child, child_spin, 0);
	entries = child_map(&child, grant_frame(child.id), grant_window);
	expect_true("seed", entries);
	need(entries);
	entries[1].domid = 0;
	entries[1].frame = (uint32_t)child.mfns[CHILD_DATA];
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	entries[1].flags = GTF_permit_access;
	map.dom = child.id;
	map.host_addr = (uint64_t)map_window;
	need(!call_grant(GNTTABOP_map_grant_ref, &map, 1));
	expect("map", map.status, GNTST_okay);
	child_unmap(grant_window);
	expect("granted-destroy", domctl_simple(XEN_DOMCTL_destroydomain, child.id), 0);
	expect("granted-lingers", child_info(child.id, &info), 0);
	expect("granted-writable", try_write((uint64_t)map_window, 7), NONE);
	unmap.host_addr = map.host_addr;
	unmap.handle = map.handle;
	need(!call_grant(GNTTABOP_unmap_grant_ref, &unmap, 1));
	expect("unmap", unmap.status, GNTST_okay);
	expect_true("granted-gone", child_gone(child.id));
}

/* The page of offers itself stays mapped; it is no page of the domain's. */
static void claim_table_mapped(void)
{
	struct child child;

	need(!child_create(&child, 1));
	need(child_map(&child, grant_frame(child.id), grant_window));
	need(!domctl_simple(XEN_DOMCTL_destroydomain, child.id));
	expect("table-readable", *(volatile uint8_t *)grant_window, 0);
	child_unmap(grant_window);
	expect_true("table-gone", child_gone(child.id));
}

void guest_main(void)
{
	uint64_t before;

	claim_mapped();
	claim_granted();
	claim_table_mapped();
	before = free_pages();
	claim_mapped();
	claim_granted();
	claim_table_mapped();
	expect_true("no-page-lost", free_pages_again(before));
}
