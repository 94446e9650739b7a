/* SPDX-License-Identifier: MIT */
/* A frame is a page table or writable, never both; its type goes when its last user goes. */
#include "tests/guest/lib/guest.h"

static void claim_one(int level, const char *writable, const char *pin, const char *map,
		      const char *unpin, const char *again)
{
	uint64_t *page = page_alloc();

	expect_named(writable, pin_table(level, page), -XEN_EINVAL);
	need(!set_pte(page, PTE_RO));
	expect_named(pin, pin_table(level, page), 0);
	expect_named(map, set_pte(page, PTE_RW), -XEN_EBUSY);
	expect_named(unpin, unpin_table(page), 0);
	expect_named(again, set_pte(page, PTE_RW), 0);
	page[0] = 0;
}

static void claim_pin(void)
{
	uint64_t *page = page_alloc();

	need(!set_pte(page, PTE_RO));
	expect("unpin-unpinned", unpin_table(page), -XEN_EINVAL);
	expect("pin-l1", pin_table(1, page), 0);
	expect("pin-twice", pin_table(1, page), -XEN_EINVAL);
	expect("pin-other-level", pin_table(2, page), -XEN_EINVAL);
	expect("unpin", unpin_table(page), 0);
	expect("unpin-twice", unpin_table(page), -XEN_EINVAL);
	expect("pin-l4-after-l1", pin_table(4, page), 0);
	expect("unpin-l4", unpin_table(page), 0);
	expect("pin-no-frame", mmuext(MMUEXT_PIN_L1_TABLE, 0xfffffffful, 0), -XEN_EINVAL);
	expect("pin-max-frame", mmuext(MMUEXT_PIN_L1_TABLE, ~0ul, 0), -XEN_EINVAL);
	expect("pin-io-frame", mmuext(MMUEXT_PIN_L1_TABLE, 0xb8, 0), -XEN_EINVAL);
	expect("pin-hypervisor",
	       mmuext(MMUEXT_PIN_L1_TABLE, PTE_FRAME(*boot_slot((void *)M2P_VA, 4)), 0),
	       -XEN_EINVAL);
	expect("unpin-hypervisor",
	       mmuext(MMUEXT_UNPIN_TABLE, PTE_FRAME(*boot_slot((void *)M2P_VA, 4)), 0),
	       -XEN_EINVAL);
	expect("pin-shared-info", mmuext(MMUEXT_PIN_L1_TABLE, start_info->shared_info >> 12, 0),
	       -XEN_EINVAL);
}

static void claim_self_reference(void)
{
	uint64_t *page = page_alloc();

	/* An L1 that maps itself read-only is fine, writable is not. */
	page[1] = maddr_of(page) | PTE_RO;
	need(!set_pte(page, PTE_RO));
	expect("self-read-only", pin_table(1, page), 0);
	expect("self-upgrade", set_entry(&page[1], maddr_of(page) | PTE_RW), -XEN_EBUSY);
	expect("self-unpin", unpin_table(page), 0);
	need(!set_pte(page, PTE_RW));
	page[1] = maddr_of(page) | PTE_RW;
	need(!set_pte(page, PTE_RO));
	expect_refused("self-writable", pin_table(1, page));
	expect("self-writable-undone", set_pte(page, PTE_RW), 0);
}

static void claim_half(void)
{
	uint64_t *page = page_alloc(), *plain = page_alloc();

	/* A bad entry behind many good ones: what was taken must be given back. */
	for (int i = 0; i < 511; i++)
		page[i] = maddr_of(plain) | PTE_RW;
	page[511] = 0xfffffffful << 12 | PTE_RW;
	need(!set_pte(page, PTE_RO));
	expect_refused("half-refused", pin_table(1, page));
	need(!set_pte(plain, PTE_RO));
	expect("half-undone", pin_table(1, plain), 0);
	need(!unpin_table(plain) && !set_pte(plain, PTE_RW) && !set_pte(page, PTE_RW));
	page[511] = maddr_of(plain) | PTE_RW;
	need(!set_pte(page, PTE_RO));
	expect("whole", pin_table(1, page), 0);
	need(!set_pte(plain, PTE_RO));
	expect("whole-holds", pin_table(1, plain), -XEN_EINVAL);
	expect("whole-unpin", unpin_table(page), 0);
	expect("whole-released", pin_table(1, plain), 0);
	expect("whole-again", unpin_table(plain), 0);
}

void guest_main(void)
{
	claim_one(1, "l1-writable", "l1-pin", "l1-map", "l1-unpin", "l1-again");
	claim_one(2, "l2-writable", "l2-pin", "l2-map", "l2-unpin", "l2-again");
	claim_one(3, "l3-writable", "l3-pin", "l3-map", "l3-unpin", "l3-again");
	claim_one(4, "l4-writable", "l4-pin", "l4-map", "l4-unpin", "l4-again");
	claim_pin();
	claim_self_reference();
	claim_half();
	expect("image-as-l1", pin_table(1, image_start), -XEN_EINVAL);
}
