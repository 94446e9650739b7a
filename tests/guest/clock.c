/* SPDX-License-Identifier: MIT */
/* pvclock and the wall clock: monotonic, moving, and agreeing with each other. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	struct vcpu_time_info *time = &this_vcpu_info()->time;
	uint64_t last = now_ns(), back = 0, start = last;
	struct xenpf_settime64 *set;
	static struct xen_platform_op op;

	expect("version-even", time->version & 1, 0);
	expect_true("multiplier", time->tsc_to_system_mul != 0);
	for (int i = 0; i < 200000; i++) {
		uint64_t now = now_ns();

		back += now < last;
		last = now;
		if (i % 1000 == 0)
			call_sched(SCHEDOP_yield, NULL);
	}
	expect("monotonic", back, 0);
	expect_true("moves", last > start);
	expect_true("since-boot", last < 60000000000ul);
	expect("wc-version-even", shared_info->wc_version & 1, 0);
	expect_true("wc-sec", shared_info->wc_sec > 1500000000u || shared_info->wc_sec_hi);
	expect_true("wc-nsec", shared_info->wc_nsec < 1000000000u);

	uint32_t version = shared_info->wc_version;

	op.cmd = XENPF_settime64;
	op.interface_version = XENPF_INTERFACE_VERSION;
	set = &op.u.settime64;
	set->secs = 2000000000;
	set->nsecs = 5;
	set->system_time = now_ns();
	expect("settime", call_platform(&op), 0);
	expect_true("settime-version", shared_info->wc_version != version);
	expect("settime-version-even", shared_info->wc_version & 1, 0);
	uint64_t wall = shared_info->wc_sec + (now_ns() + shared_info->wc_nsec) / 1000000000;

	expect_true("settime-seen", wall >= 2000000000 && wall < 2000000030);
	set->mbz = 1;
	expect("settime-mbz", call_platform(&op), -XEN_EINVAL);
	set->mbz = 0;
	set->nsecs = 1000000000;
	expect_true("settime-nsecs-answered", call_platform(&op) != -XEN_ENOSYS);
}
