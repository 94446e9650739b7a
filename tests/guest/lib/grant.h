/* SPDX-License-Identifier: MIT */
/* Grants of the domain to itself, for the grant tests. */
#pragma once

#include "tests/guest/lib/guest.h"

#define GRANT_PAGES 4
#define SELF	    0 /* the domain these tests run in is dom0 */

static grant_entry_v1_t *grants __attribute__((unused));

/* Maps the grant frames; the entries are in grants[]. */
static inline void grants_init(void)
{
	static uint8_t window[GRANT_PAGES * 4096] PAGE_ALIGNED;
	static xen_pfn_t frames[GRANT_PAGES];
	struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = GRANT_PAGES};

	set_xen_guest_handle(setup.frame_list, frames);
	need(!call_grant(GNTTABOP_setup_table, &setup, 1) && setup.status == GNTST_okay);
	for (int i = 0; i < GRANT_PAGES; i++)
		need(!call_va(window + i * 4096, frames[i] << 12 | PTE_RW, UVMF_INVLPG));
	grants = (grant_entry_v1_t *)window;
}

static inline void grant_offer(uint32_t ref, const void *page, uint16_t flags)
{
	grants[ref].domid = SELF;
	grants[ref].frame = (uint32_t)mfn_of(page);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	grants[ref].flags = GTF_permit_access | flags;
}

/* The status, or the handle if it is 0 and handle is not NULL. */
static inline long grant_map(uint32_t ref, uint64_t address, uint32_t flags, uint32_t *handle)
{
	struct gnttab_map_grant_ref map = {
		.host_addr = address, .flags = flags, .ref = ref, .dom = SELF, .status = 77};
	long error = call_grant(GNTTABOP_map_grant_ref, &map, 1);

	if (handle)
		*handle = map.handle;
	return error ? 1000 + error : map.status;
}

static inline long grant_unmap(uint64_t address, uint32_t handle)
{
	struct gnttab_unmap_grant_ref unmap = {
		.host_addr = address, .handle = handle, .status = 77};
	long error = call_grant(GNTTABOP_unmap_grant_ref, &unmap, 1);

	return error ? 1000 + error : unmap.status;
}
