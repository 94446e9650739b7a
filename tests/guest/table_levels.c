/* SPDX-License-Identifier: MIT */
/* Entries of L2, L3 and L4 tables: what they may refer to, and the hypervisor's slots. */
#include "tests/guest/lib/guest.h"

#define VA_A 0x10000000000ul /* L4 slot 2 */

static void claim_build(uint64_t **l1, uint64_t **l2, uint64_t **l3)
{
	uint64_t *plain = page_alloc();

	*l1 = page_alloc();
	*l2 = page_alloc();
	*l3 = page_alloc();
	(*l1)[0] = maddr_of(plain) | PTE_RW;
	(*l2)[0] = maddr_of(*l1) | PTE_TABLE;
	(*l3)[0] = maddr_of(*l2) | PTE_TABLE;
	/* Each is still mapped writable: it cannot become a table. */
	expect_refused("writable-l3-refused",
		       set_entry(boot_slot((void *)VA_A, 4), maddr_of(*l3) | PTE_TABLE));
	need(!set_pte(*l3, PTE_RO));
	expect_refused("writable-l2-refused",
		       set_entry(boot_slot((void *)VA_A, 4), maddr_of(*l3) | PTE_TABLE));
	need(!set_pte(*l2, PTE_RO) && !set_pte(*l1, PTE_RO));
	expect("l4-entry", set_entry(boot_slot((void *)VA_A, 4), maddr_of(*l3) | PTE_TABLE), 0);
	expect("l4-entry-works", try_write(VA_A, 0x42), NONE);
	expect("l4-entry-reaches", plain[0], 0x42);
}

static void claim_wrong_levels(uint64_t *l1, uint64_t *l2, uint64_t *l3)
{
	uint64_t *plain = page_alloc();

	expect_refused("l3-to-l1", set_entry(&l3[1], maddr_of(l1) | PTE_TABLE));
	expect_refused("l3-to-l3", set_entry(&l3[1], maddr_of(l3) | PTE_TABLE));
	expect_refused("l3-to-plain", set_entry(&l3[1], maddr_of(plain) | PTE_TABLE));
	expect_refused("l2-to-l2", set_entry(&l2[1], maddr_of(l2) | PTE_TABLE));
	expect_refused("l2-to-l3", set_entry(&l2[1], maddr_of(l3) | PTE_TABLE));
	expect("l1-to-l1-writable", set_entry(&l1[1], maddr_of(l1) | PTE_RW), -XEN_EBUSY);
	expect("l1-to-l2-writable", set_entry(&l1[1], maddr_of(l2) | PTE_RW), -XEN_EBUSY);
	expect("l1-to-l1-read-only", set_entry(&l1[1], maddr_of(l1) | PTE_RO), 0);
	expect("l2-again", set_entry(&l3[1], maddr_of(l2) | PTE_TABLE), 0);
	expect("l1-again", set_entry(&l2[1], maddr_of(l1) | PTE_TABLE), 0);
	expect("l2-superpage", set_entry(&l2[2], maddr_of(plain) | PTE_TABLE | PTE_PSE),
	       -XEN_EINVAL);
	expect("l3-superpage", set_entry(&l3[2], maddr_of(plain) | PTE_TABLE | PTE_PSE),
	       -XEN_EINVAL);
	expect("l2-not-present", set_entry(&l2[3], 0x1234567000ul), 0);
	expect("l2-no-frame", set_entry(&l2[4], 0xfffffffful << 12 | PTE_TABLE), -XEN_EINVAL);
	expect("l2-io-frame", set_entry(&l2[4], 0xb8000ul | PTE_TABLE), -XEN_EINVAL);
	expect("l2-clear", set_entry(&l2[1], 0), 0);
	expect("l3-clear", set_entry(&l3[1], 0), 0);
}

static void claim_reserved(uint64_t *l3)
{
	uint64_t *l4 = (uint64_t *)start_info->pt_base;

	expect("slot-256", set_entry(&l4[256], maddr_of(l3) | PTE_TABLE), -XEN_EINVAL);
	expect("slot-256-clear", set_entry(&l4[256], 0), -XEN_EINVAL);
	expect("slot-262", set_entry(&l4[262], maddr_of(l3) | PTE_TABLE), -XEN_EINVAL);
	expect("slot-271", set_entry(&l4[271], maddr_of(l3) | PTE_TABLE), -XEN_EINVAL);
	expect("slot-271-same", set_entry(&l4[271], l4[271]), -XEN_EINVAL);
	expect("slot-272", set_entry(&l4[272], maddr_of(l3) | PTE_TABLE), 0);
	expect("slot-272-works", try_write(0xffff880000000000ul, 7), NONE);
	expect("slot-272-clear", set_entry(&l4[272], 0), 0);
	expect("slot-255", set_entry(&l4[255], maddr_of(l3) | PTE_TABLE), 0);
	expect("slot-255-clear", set_entry(&l4[255], 0), 0);
}

void guest_main(void)
{
	uint64_t *l1, *l2, *l3, value;

	claim_build(&l1, &l2, &l3);
	claim_wrong_levels(l1, l2, l3);
	claim_reserved(l3);
	expect("busy-l3-writable", set_pte(l3, PTE_RW), -XEN_EBUSY);
	expect("l4-clear", set_entry(boot_slot((void *)VA_A, 4), 0), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect("l4-cleared", try_read(VA_A, &value), 14);
	expect("free-l3-writable", set_pte(l3, PTE_RW), 0);
	expect("free-l2-writable", set_pte(l2, PTE_RW), 0);
	/* It still has an entry for itself, but nobody's table now: an ordinary page. */
	expect("free-l1-writable", set_pte(l1, PTE_RW), 0);
	l3[0] = 5;
	expect("garbage-l3", set_pte(l3, PTE_RO), 0);
	expect("garbage-l3-refused",
	       set_entry(boot_slot((void *)VA_A, 4), maddr_of(l3) | PTE_TABLE), -XEN_EINVAL);
	expect("garbage-l3-free", set_pte(l3, PTE_RW), 0);
}
