/* SPDX-License-Identifier: MIT */
/* Grant version 2: Enso does not have it, and says so; version 1 goes on working. */
#include "tests/guest/lib/grant.h"

void guest_main(void)
{
	struct gnttab_set_version set = {.version = 2};
	struct gnttab_get_status_frames frames = {.nr_frames = 1, .dom = DOMID_SELF};
	struct gnttab_get_version version = {.dom = DOMID_SELF};
	static uint64_t list[4];

	set_xen_guest_handle(frames.frame_list, list);
	expect_true("status-frames",
		    call_grant(GNTTABOP_get_status_frames, &frames, 1) != 0 || frames.status < 0);
	expect("version-2", call_grant(GNTTABOP_set_version, &set, 1), -XEN_ENOSYS);
	call_grant(GNTTABOP_get_version, &version, 1);
	expect("still-1", version.version, 1);
}
