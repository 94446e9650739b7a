/* SPDX-License-Identifier: MIT */
/* MMUEXT_SET_LDT: lazily mapped, checked like the GDT, gone when replaced. */
#include "tests/guest/lib/guest.h"

#define DATA3 0x00cff3000000fffful

static uint64_t ldt[512] PAGE_ALIGNED;

static long load(uint32_t selector)
{
	return try_asm("mov %0, %%ds", : : "r"(selector) : "memory");
}

void guest_main(void)
{
	ldt[1] = DATA3;
	ldt[2] = 0x000089000000fffful; /* a TSS */
	expect("none", load(1 << 3 | 7), 13);
	expect("set-0", mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	expect("misaligned", mmuext(MMUEXT_SET_LDT, (uint64_t)ldt + 8, 4), -XEN_EINVAL);
	expect("too-many", mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 8193), -XEN_EINVAL);
	expect("non-canonical", mmuext(MMUEXT_SET_LDT, NON_CANONICAL, 4), -XEN_EINVAL);
	expect("hypervisor", mmuext(MMUEXT_SET_LDT, HYPERVISOR_VA, 4), -XEN_EINVAL);
	/* Xen looks when it is used, Enso at once: either way it is of no use. */
	expect_true("set-writable", mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 512) <= 0);
	/* The page cannot be a descriptor page: #PF on the LDT itself, or #GP. */
	expect_true("writable-load", load(1 << 3 | 7) >= 13);
	ldt[2] = 0;
	need(!set_pte(ldt, PTE_RO));
	expect("set", mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 512), 0);
	expect("load", load(1 << 3 | 7), NONE);
	expect("load-null", load(2 << 3 | 7), 13);
	expect("beyond", load(511 << 3 | 7), 13);
	load(0);
	expect("busy", set_pte(ldt, PTE_RW), -XEN_EBUSY);
	expect("update", call_descriptor(maddr_of(&ldt[3]), DATA3), 0);
	expect("update-load", load(3 << 3 | 7), NONE);
	load(0);
	expect("clear", mmuext(MMUEXT_SET_LDT, 0, 0), 0);
	expect("clear-load", load(1 << 3 | 7), 13);
	expect("free", set_pte(ldt, PTE_RW), 0);
	need(!set_pte(ldt, PTE_RO));
	expect("short", mmuext(MMUEXT_SET_LDT, (uint64_t)ldt, 2), 0);
	expect("short-beyond", load(3 << 3 | 7), 13);
	mmuext(MMUEXT_SET_LDT, 0, 0);
}
