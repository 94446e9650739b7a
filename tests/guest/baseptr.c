/* SPDX-License-Identifier: MIT */
/* NEW_BASEPTR and NEW_USER_BASEPTR: which tables may be loaded, and what holds them. */
#include "tests/guest/lib/guest.h"

void guest_main(void)
{
	uint64_t *old = (uint64_t *)start_info->pt_base, *l4 = page_alloc();
	uint64_t *plain = page_alloc(), cr3;

	/* Slots 256-271 are filled in by the hypervisor, whatever we put there. */
	memcpy(l4, old, 4096);
	l4[260] = 0x1234;
	expect_refused("base-writable", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0));
	need(!set_pte(l4, PTE_RO));
	expect("base", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0);
	expect("slot-256-filled", l4[256] & PTE_P, PTE_P);
	expect_true("slot-260-filled", l4[260] != 0x1234);
	try_asm("mov %%cr3, %0", : "=r"(cr3));
	expect("cr3", cr3, mfn_of(l4) << 12);
	/* Unpinned, but in use. */
	expect("in-use", set_pte(l4, PTE_RW), -XEN_EBUSY);
	expect("base-same", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0);
	expect("old-unpin", mmuext(MMUEXT_UNPIN_TABLE, mfn_of(old), 0), 0);
	expect("old-free", call_va(old, maddr_of(old) | PTE_RW, UVMF_INVLPG), 0);
	expect("old-write", try_write((uint64_t)&old[7], 0), NONE);
	expect("old-read-only", call_va(old, maddr_of(old) | PTE_RO, UVMF_INVLPG), 0);
	expect("old-base", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(old), 0), 0);
	expect("new-free", set_pte(l4, PTE_RW), 0);

	expect_refused("base-plain", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(plain), 0));
	expect("base-none", mmuext(MMUEXT_NEW_BASEPTR, 0, 0), -XEN_EINVAL);
	expect("base-max", mmuext(MMUEXT_NEW_BASEPTR, ~0ul, 0), -XEN_EINVAL);
	expect_refused("base-l1", mmuext(MMUEXT_NEW_BASEPTR, PTE_FRAME(*boot_slot(plain, 2)), 0));
	expect_refused("base-l3", mmuext(MMUEXT_NEW_BASEPTR, PTE_FRAME(*boot_slot(plain, 4)), 0));
	expect("user-none", mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	expect_refused("user-plain", mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(plain), 0));
	expect("user-kernel-l4", mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(old), 0), 0);
	expect("user-max", mmuext(MMUEXT_NEW_USER_BASEPTR, ~0ul, 0), -XEN_EINVAL);
	expect("user-gone", mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	need(!set_pte(plain, PTE_RO));
	expect("user-empty", mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(plain), 0), 0);
	expect("user-holds", set_pte(plain, PTE_RW), -XEN_EBUSY);
	expect("user-released", mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	expect("user-free", set_pte(plain, PTE_RW), 0);
	expect("pin-again", pin_table(4, old), 0);
}
