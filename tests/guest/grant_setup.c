/* SPDX-License-Identifier: MIT */
/* The grant table itself: size, version, frames, and calls that go wrong as a whole. */
#include "tests/guest/lib/grant.h"

void guest_main(void)
{
	struct gnttab_query_size size = {.dom = DOMID_SELF};
	struct gnttab_get_version version = {.dom = DOMID_SELF};
	struct gnttab_set_version set = {.version = 1};
	struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};
	static xen_pfn_t frames[64];

	expect("query", call_grant(GNTTABOP_query_size, &size, 1), 0);
	expect("query-status", size.status, GNTST_okay);
	expect_true("query-max", size.max_nr_frames >= 32 && size.max_nr_frames <= 4096);
	expect_true("query-now", size.nr_frames >= 1 && size.nr_frames <= size.max_nr_frames);
	expect("version", call_grant(GNTTABOP_get_version, &version, 1), 0);
	expect("version-1", version.version, 1);
	expect("set-1", call_grant(GNTTABOP_set_version, &set, 1), 0);
	set.version = 3;
	expect("set-3", call_grant(GNTTABOP_set_version, &set, 1), -XEN_EINVAL);
	set.version = 0;
	expect("set-0", call_grant(GNTTABOP_set_version, &set, 1), -XEN_EINVAL);
	set_xen_guest_handle(setup.frame_list, frames);
	expect("setup", call_grant(GNTTABOP_setup_table, &setup, 1), 0);
	expect("setup-status", setup.status, GNTST_okay);
	expect_true("setup-frame", frames[0] != 0);
	expect("setup-no-second", frames[1], 0);
	setup.nr_frames = 8;
	expect("grow", call_grant(GNTTABOP_setup_table, &setup, 1), 0);
	expect("grow-status", setup.status, GNTST_okay);
	expect_true("grow-frame", frames[7] != 0 && frames[7] != frames[0]);
	setup.nr_frames = size.max_nr_frames + 1;
	expect("too-many", call_grant(GNTTABOP_setup_table, &setup, 1), 0);
	expect("too-many-status", setup.status, GNTST_general_error);
	setup.nr_frames = 1;
	setup.dom = 9;
	expect("no-domain", call_grant(GNTTABOP_setup_table, &setup, 1), 0);
	expect("no-domain-status", setup.status, GNTST_bad_domain);
	expect("count-2", call_grant(GNTTABOP_setup_table, &setup, 2), -XEN_EINVAL);
	setup.dom = DOMID_SELF;
	setup.frame_list.p = (void *)NON_CANONICAL;
	expect_true("bad-list",
		    call_grant(GNTTABOP_setup_table, &setup, 1) == -XEN_EFAULT || setup.status < 0);
	expect("bad-pointer", call_grant(GNTTABOP_query_size, NON_CANONICAL, 1), -XEN_EFAULT);
	expect("unknown", call_grant(99, &size, 1), -XEN_ENOSYS);
	expect("map-none", call_grant(GNTTABOP_map_grant_ref, &size, 0), 0);
	expect("map-bad-pointer", call_grant(GNTTABOP_map_grant_ref, NON_CANONICAL, 1),
	       -XEN_EFAULT);
	expect("map-count-minus-1", call_grant(GNTTABOP_map_grant_ref, NON_CANONICAL, ~0u),
	       -XEN_EINVAL);
	/* The frames are RAM of the hypervisor that we may map writable. */
	static uint8_t window[4096] PAGE_ALIGNED;

	expect("map-frame", call_va(window, frames[0] << 12 | PTE_RW, UVMF_INVLPG), 0);
	expect("write-frame", try_write((uint64_t)window + 64, 0), NONE);
	expect("frame-as-table", mmuext(MMUEXT_PIN_L1_TABLE, frames[0], 0), -XEN_EINVAL);
}
