/* SPDX-License-Identifier: MIT */
/* PHYSDEVOP_pirq_eoi_gmfn: a page of ours that the hypervisor writes. */
#include "tests/guest/lib/guest.h"

static uint8_t page[4096] PAGE_ALIGNED, other[4096] PAGE_ALIGNED;

void guest_main(void)
{
	struct physdev_pirq_eoi_gmfn eoi = {.gmfn = mfn_of((void *)start_info->pt_base)};

	expect("page-table", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi), -XEN_EINVAL);
	eoi.gmfn = 0xfffffffful;
	expect("no-frame", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi), -XEN_EINVAL);
	eoi.gmfn = mfn_of(page);
	expect("register", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi), 0);
	eoi.gmfn = mfn_of(other);
	expect("twice", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi), -XEN_EBUSY);
	need(!set_pte(page, PTE_RO));
	expect("held", pin_table(1, page), -XEN_EINVAL);
	need(!set_pte(other, PTE_RO));
	expect("other-free", pin_table(1, other), 0);
	expect("other-unpin", unpin_table(other), 0);
	need(!set_pte(page, PTE_RW));
	expect("bad-pointer", call_physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, NON_CANONICAL), -XEN_EFAULT);
}
