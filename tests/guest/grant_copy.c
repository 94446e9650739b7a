/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy: frames and references on either side, offsets, bounds. */
#include "tests/guest/lib/grant.h"

static uint8_t from[4096] PAGE_ALIGNED, to[4096] PAGE_ALIGNED;

static struct gnttab_copy copy;

static long run(uint32_t source, uint32_t target, uint32_t length)
{
	long error;

	copy.source.offset = (uint16_t)source;
	copy.dest.offset = (uint16_t)target;
	copy.len = (uint16_t)length;
	copy.status = 77;
	error = call_grant(GNTTABOP_copy, &copy, 1);
	return error ? 1000 + error : copy.status;
}

static void by_reference(uint32_t source, uint32_t dest)
{
	memset(&copy, 0, sizeof(copy));
	copy.source.domid = copy.dest.domid = DOMID_SELF;
	copy.source.u.gmfn = mfn_of(from);
	copy.dest.u.gmfn = mfn_of(to);
	if (source) {
		copy.flags |= GNTCOPY_source_gref;
		copy.source.u.ref = source;
		copy.source.domid = SELF;
	}
	if (dest) {
		copy.flags |= GNTCOPY_dest_gref;
		copy.dest.u.ref = dest;
		copy.dest.domid = SELF;
	}
}

static void claim_bounds(void)
{
	by_reference(20, 21);
	expect("page", run(0, 0, 4096), GNTST_okay);
	expect("page-seen", memcmp(from, to, 4096), 0);
	memset(to, 0, 4096);
	expect("part", run(100, 4000, 96), GNTST_okay);
	expect("part-seen", memcmp(from + 100, to + 4000, 96), 0);
	expect("part-before", to[3999], 0);
	expect("length-0", run(0, 0, 0), GNTST_okay);
	expect("source-over", run(4000, 0, 97), GNTST_bad_copy_arg);
	expect("dest-over", run(0, 4000, 97), GNTST_bad_copy_arg);
	expect("length-4097", run(0, 0, 4097), GNTST_bad_copy_arg);
	expect("offset-4096", run(4096, 0, 1), GNTST_bad_copy_arg);
	expect("offset-65535", run(65535, 0, 1), GNTST_bad_copy_arg);
	expect("both-65535", run(65535, 65535, 65535), GNTST_bad_copy_arg);
}

static void claim_kinds(void)
{
	by_reference(0, 21);
	expect("frame-to-ref", run(0, 0, 64), GNTST_okay);
	by_reference(20, 0);
	expect("ref-to-frame", run(0, 64, 64), GNTST_okay);
	by_reference(0, 0);
	expect("frame-to-frame", run(0, 0, 64), GNTST_okay);
	expect("seen", memcmp(from, to, 64), 0);
	by_reference(22, 0);
	expect("read-only-source", run(0, 0, 64), GNTST_okay);
	by_reference(0, 22);
	expect("read-only-dest", run(0, 0, 64), GNTST_general_error);
	by_reference(23, 0);
	expect("no-such-ref", run(0, 0, 64), GNTST_general_error);
	by_reference(GRANT_PAGES * 512, 0);
	expect("ref-behind-table", run(0, 0, 64), GNTST_bad_gntref);
	by_reference(20, 0);
	copy.source.domid = 9;
	expect("domain-absent", run(0, 0, 64), GNTST_bad_domain);
	by_reference(0, 0);
	copy.source.u.gmfn = 0xfffffffful;
	expect_true("no-frame", run(0, 0, 64) < 0);
	by_reference(0, 0);
	copy.dest.u.gmfn = mfn_of((void *)start_info->pt_base);
	expect_true("to-page-table", run(0, 0, 64) < 0);
	by_reference(0, 0);
	copy.dest.u.gmfn = PTE_FRAME(*boot_slot((void *)M2P_VA, 4));
	expect_true("to-hypervisor", run(0, 0, 64) < 0);
	expect("entries-free", grants[20].flags | grants[21].flags, GTF_permit_access);
}

void guest_main(void)
{
	struct gnttab_copy many[3];

	grants_init();
	for (unsigned int i = 0; i < 4096; i++)
		from[i] = (uint8_t)(i * 7);
	grant_offer(20, from, 0);
	grant_offer(21, to, 0);
	grant_offer(22, to, GTF_readonly);
	claim_bounds();
	claim_kinds();
	by_reference(20, 21);
	run(0, 0, 16);
	many[0] = many[1] = many[2] = copy;
	many[1].source.u.ref = 23;
	expect("batch", call_grant(GNTTABOP_copy, many, 3), 0);
	expect("batch-0", many[0].status, GNTST_okay);
	expect("batch-1", many[1].status, GNTST_general_error);
	expect("batch-2", many[2].status, GNTST_okay);
	expect("bad-pointer", call_grant(GNTTABOP_copy, NON_CANONICAL, 1), -XEN_EFAULT);
	expect("read-only-array", call_grant(GNTTABOP_copy, read_only_page(), 1), -XEN_EFAULT);
}
