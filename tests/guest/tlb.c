/* SPDX-License-Identifier: MIT */
/* mmuext_op: flushes, cache flushes, CLEAR_PAGE and COPY_PAGE, counts and refusals. */
#include "tests/guest/lib/guest.h"

static uint8_t a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED;

static void claim_flushes(void)
{
	static uint64_t masks[4] = {1, 0, 0, 0};

	expect("flush-local", mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
	expect("flush-all", mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
	expect("flush-multi", mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)masks), 0);
	expect_refused("flush-multi-bad", mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, NON_CANONICAL));
	expect("flush-multi-unmapped", mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, UNMAPPED_VA), -XEN_EINVAL);
	masks[0] = ~0ul;
	expect("flush-multi-absent", mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)masks), 0);
	expect("invlpg-local", mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)a, 0), 0);
	expect("invlpg-all", mmuext(MMUEXT_INVLPG_ALL, (uint64_t)a, 0), 0);
	expect("invlpg-multi", mmuext(MMUEXT_INVLPG_MULTI, (uint64_t)a, (uint64_t)masks), 0);
	expect("invlpg-non-canonical", mmuext(MMUEXT_INVLPG_LOCAL, NON_CANONICAL, 0), 0);
	expect("invlpg-hypervisor", mmuext(MMUEXT_INVLPG_LOCAL, HYPERVISOR_VA, 0), 0);
	expect("flush-cache", mmuext(MMUEXT_FLUSH_CACHE, 0, 0), 0);
	expect("flush-cache-global", mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), 0);
	expect("mark-super", mmuext(MMUEXT_MARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
	expect("unmark-super", mmuext(MMUEXT_UNMARK_SUPER, 0, 0), -XEN_EOPNOTSUPP);
}

static void claim_pages(void)
{
	memset(a, 0x55, 4096);
	expect("clear-page", mmuext(MMUEXT_CLEAR_PAGE, mfn_of(a), 0), 0);
	expect("clear-page-first", *(volatile uint8_t *)a, 0);
	expect("clear-page-last", *(volatile uint8_t *)&a[4095], 0);
	memset(b, 0x66, 4096);
	expect("copy-page", mmuext(MMUEXT_COPY_PAGE, mfn_of(a), mfn_of(b)), 0);
	expect("copy-page-seen", memcmp(a, b, 4096), 0);
	expect("clear-table", mmuext(MMUEXT_CLEAR_PAGE, mfn_of((void *)start_info->pt_base), 0),
	       -XEN_EINVAL);
	expect("copy-to-table",
	       mmuext(MMUEXT_COPY_PAGE, mfn_of((void *)start_info->pt_base), mfn_of(b)),
	       -XEN_EINVAL);
	expect("copy-from-table",
	       mmuext(MMUEXT_COPY_PAGE, mfn_of(a), mfn_of((void *)start_info->pt_base)), 0);
	expect("clear-no-frame", mmuext(MMUEXT_CLEAR_PAGE, 0xfffffffful, 0), -XEN_EINVAL);
	expect("copy-no-frame", mmuext(MMUEXT_COPY_PAGE, mfn_of(a), 0xfffffffful), -XEN_EINVAL);
	expect("clear-hypervisor",
	       mmuext(MMUEXT_CLEAR_PAGE, PTE_FRAME(*boot_slot((void *)M2P_VA, 4)), 0), -XEN_EINVAL);
}

static void claim_counts(void)
{
	struct mmuext_op ops[3] = {
		{.cmd = MMUEXT_TLB_FLUSH_LOCAL}, {.cmd = 99}, {.cmd = MMUEXT_TLB_FLUSH_LOCAL}};
	unsigned int done = 77;

	expect("second-bad", call_mmuext(ops, 3, &done, DOMID_SELF), -XEN_ENOSYS);
	expect("second-bad-done", done, 1);
	ops[1].cmd = MMUEXT_TLB_FLUSH_LOCAL;
	expect("three", call_mmuext(ops, 3, &done, DOMID_SELF), 0);
	expect("three-done", done, 3);
	expect("none", call_mmuext(ops, 0, &done, DOMID_SELF), 0);
	expect("none-done", done, 0);
	expect("bad-list", call_mmuext(NON_CANONICAL, 1, &done, DOMID_SELF), -XEN_EFAULT);
	expect("bad-count", call_mmuext(ops, 1, NON_CANONICAL, DOMID_SELF), 0);
	expect("domain-absent", call_mmuext(ops, 1, &done, 9), -XEN_ESRCH);
	expect("domain-own-number", call_mmuext(ops, 1, &done, 0), -XEN_ESRCH);
}

void guest_main(void)
{
	claim_flushes();
	claim_pages();
	claim_counts();
}
