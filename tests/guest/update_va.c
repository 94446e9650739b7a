/* SPDX-License-Identifier: MIT */
/* update_va_mapping: one L1 entry by its virtual address. */
#include "tests/guest/lib/guest.h"

static uint8_t a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED;

static void claim_flags(void)
{
	static uint64_t all_vcpus = 1;

	expect("flags-none", call_va(a, maddr_of(a) | PTE_RW, 0), 0);
	expect("flags-flush-local", call_va(a, maddr_of(a) | PTE_RW, UVMF_TLB_FLUSH), 0);
	expect("flags-flush-all", call_va(a, maddr_of(a) | PTE_RW, UVMF_TLB_FLUSH | UVMF_ALL), 0);
	expect("flags-invlpg-all", call_va(a, maddr_of(a) | PTE_RW, UVMF_INVLPG | UVMF_ALL), 0);
	expect("flags-flush-mask",
	       call_va(a, maddr_of(a) | PTE_RW, UVMF_TLB_FLUSH | (uint64_t)&all_vcpus), 0);
	expect("flags-invlpg-mask",
	       call_va(a, maddr_of(a) | PTE_RW, UVMF_INVLPG | (uint64_t)&all_vcpus), 0);
	expect("flags-bad-mask", call_va(a, maddr_of(a) | PTE_RW, UVMF_INVLPG | NON_CANONICAL),
	       -XEN_EFAULT);
}

static void claim_mapping(void)
{
	uint64_t value;

	a[0] = 1;
	b[0] = 2;
	expect("swap", call_va(a, maddr_of(b) | PTE_RW, UVMF_INVLPG), 0);
	expect("swap-seen", *(volatile uint8_t *)a, 2);
	expect("swap-back", call_va(a, maddr_of(a) | PTE_RW, UVMF_INVLPG), 0);
	expect("swap-back-seen", *(volatile uint8_t *)a, 1);
	expect("read-only", set_pte(a, PTE_RO), 0);
	expect("read-only-write", try_write((uint64_t)a, 5), 14);
	expect("read-only-read", try_read((uint64_t)a, &value), NONE);
	expect("not-present", set_pte(a, 0), 0);
	expect("not-present-read", try_read((uint64_t)a, &value), 14);
	expect("not-present-error", this_cpu()->trap.error, 0);
	expect("not-present-bits", call_va(a, 0x123456789abcdef0ul & ~1ul, UVMF_INVLPG), 0);
	expect("not-present-kept", *boot_slot(a, 1), 0x123456789abcdef0ul);
	expect("back", set_pte(a, PTE_RW), 0);
	expect("user-bit-forced", call_va(a, maddr_of(a) | PTE_P | PTE_W, UVMF_INVLPG), 0);
	expect("user-bit-seen", *boot_slot(a, 1) & PTE_U, PTE_U);
	expect("nx", call_va(a, maddr_of(a) | PTE_RW | PTE_NX, UVMF_INVLPG), 0);
	expect("nx-seen", *boot_slot(a, 1) >> 63, 1);
}

void guest_main(void)
{
	claim_flags();
	claim_mapping();
	expect("no-l1", call_va(UNMAPPED_VA, maddr_of(a) | PTE_RW, UVMF_INVLPG), -XEN_EINVAL);
	expect("hypervisor", call_va(HYPERVISOR_VA, maddr_of(a) | PTE_RW, UVMF_INVLPG),
	       -XEN_EINVAL);
	expect("m2p", call_va(M2P_VA, maddr_of(a) | PTE_RW, UVMF_INVLPG), -XEN_EINVAL);
	expect("m2p-clear", call_va(M2P_VA, 0, UVMF_INVLPG), -XEN_EINVAL);
	expect("non-canonical", call_va(NON_CANONICAL, maddr_of(a) | PTE_RW, UVMF_INVLPG),
	       -XEN_EINVAL);
	expect_refused("frame-of-nobody", call_va(b, 0xfffffffful << 12 | PTE_RW, UVMF_INVLPG));
	expect_true("frame-of-hypervisor",
		    call_va(b, *boot_slot((void *)M2P_VA, 4) | PTE_RW, UVMF_INVLPG) < 0);
	expect("kept", try_write((uint64_t)b, 1), NONE);
	expect("io-frame", call_va(b, 0xb8000ul | PTE_RW, UVMF_INVLPG), 0);
	expect("io-frame-gone", set_pte(b, PTE_RW), 0);
}
