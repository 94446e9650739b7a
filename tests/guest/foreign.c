/* SPDX-License-Identifier: MIT */
/* Domain numbers that are nobody's, and calls only a tool would make. */
#include "tests/guest/lib/guest.h"

static uint8_t page[4096] PAGE_ALIGNED;

void guest_main(void)
{
	struct mmuext_op op = {.cmd = MMUEXT_PIN_L4_TABLE};
	struct mmu_update update = {.ptr = maddr_of(boot_slot(page, 1)),
				    .val = maddr_of(page) | PTE_RW};

	expect("va-otherdomain",
	       hc4(__HYPERVISOR_update_va_mapping_otherdomain, page, maddr_of(page) | PTE_RW, 0, 9),
	       -XEN_ESRCH);
	expect("mmuext-absent", call_mmuext(&op, 1, NULL, 9), -XEN_ESRCH);
	expect("mmuext-xen", call_mmuext(&op, 1, NULL, DOMID_XEN) < 0, 1);
	expect("mmu-bad-id", call_mmu(&update, 1, NULL, 0xffff) < 0, 1);
	update.val = PTE_FRAME(*boot_slot((void *)M2P_VA, 4)) << 12 | PTE_RW;
	expect("mmu-xen-frame-writable", call_mmu(&update, 1, NULL, DOMID_XEN) < 0, 1);
	expect("still-mapped", try_write((uint64_t)page, 1), NONE);
	update.val = 0xfee00000ul | PTE_RW;
	expect("lapic", call_mmu(&update, 1, NULL, DOMID_IO) < 0, 1);
	expect("lapic-self", call_mmu(&update, 1, NULL, DOMID_SELF) < 0, 1);
	update.val = 0xfec00000ul | PTE_RW;
	/* Refused, or quietly read-only. */
	expect_true("ioapic-writable",
		    call_mmu(&update, 1, NULL, DOMID_SELF) < 0 || !(*boot_slot(page, 1) & PTE_W));
	need(!set_pte(page, PTE_RW));
}
