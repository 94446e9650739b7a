/* SPDX-License-Identifier: MIT */
/* mmu_update: its commands, its success count and the domain arguments. */
#include "tests/guest/lib/guest.h"

static uint8_t a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED;
static struct mmu_update list[8];

static void claim_commands(void)
{
	uint64_t *slot = boot_slot(a, 1);

	expect("normal", set_entry(slot, maddr_of(b) | PTE_RW), 0);
	expect("normal-seen", PTE_FRAME(*slot), mfn_of(b));
	expect("normal-same", set_entry(slot, *slot), 0);
	expect("normal-clear", set_entry(slot, 0), 0);
	expect("normal-cleared", *slot, 0);
	expect("normal-back", set_entry(slot, maddr_of(a) | PTE_RW), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	a[0] = 1; /* dirty and accessed */
	list[0].ptr = maddr_of(slot) | MMU_PT_UPDATE_PRESERVE_AD;
	list[0].val = maddr_of(a) | PTE_P | PTE_W | PTE_U;
	expect("preserve-ad", call_mmu(list, 1, NULL, DOMID_SELF), 0);
	expect("preserve-ad-kept", *slot & (PTE_A | PTE_D), PTE_A | PTE_D);
	list[0].ptr = maddr_of(slot) | MMU_NORMAL_PT_UPDATE;
	expect("normal-ad", call_mmu(list, 1, NULL, DOMID_SELF), 0);
	expect("normal-ad-dropped", *slot & (PTE_A | PTE_D), 0);
	list[0].ptr = maddr_of(slot) | MMU_PT_UPDATE_NO_TRANSLATE;
	list[0].val = maddr_of(a) | PTE_RW;
	expect("no-translate", call_mmu(list, 1, NULL, DOMID_SELF), 0);
	/* A plain page is written like a page table of no level. */
	((uint64_t *)b)[3] = 0;
	list[0].ptr = maddr_of(b) + 24;
	list[0].val = 0xfeedbeef;
	expect("plain-page", call_mmu(list, 1, NULL, DOMID_SELF), 0);
	expect("plain-page-seen", ((volatile uint64_t *)b)[3], 0xfeedbeef);
	list[0].ptr = maddr_of(b) + 20;
	expect("misaligned", call_mmu(list, 1, NULL, DOMID_SELF), -XEN_ENOSYS);
}

/* Where nothing is the guest's, also when the table that it changed last is none any more. */
static void claim_frame_zero(void)
{
	static uint64_t table[512] PAGE_ALIGNED;

	need(!set_pte(table, PTE_RO) && !pin_table(1, table));
	need(!set_entry(&table[0], 0) && !unpin_table(table));
	list[0].ptr = 0;
	list[0].val = maddr_of(a) | PTE_RW;
	expect("frame-zero", call_mmu(list, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	need(!set_pte(table, PTE_RW));
}

static void claim_counts(void)
{
	uint64_t *slot = boot_slot(a, 1);
	unsigned int done = 77;

	for (int i = 0; i < 4; i++) {
		list[i].ptr = maddr_of(slot);
		list[i].val = maddr_of(a) | PTE_RW;
	}
	expect("four", call_mmu(list, 4, &done, DOMID_SELF), 0);
	expect("four-done", done, 4);
	list[2].val = 0xfffffffful << 12 | PTE_RW;
	done = 77;
	expect_refused("third-bad", call_mmu(list, 4, &done, DOMID_SELF));
	expect("third-bad-done", done, 2);
	done = 77;
	expect("none", call_mmu(list, 0, &done, DOMID_SELF), 0);
	expect("none-done", done, 0);
	expect("no-count", call_mmu(list, 2, NULL, DOMID_SELF), 0);
	expect("bad-list", call_mmu(NON_CANONICAL, 1, &done, DOMID_SELF), -XEN_EFAULT);
	expect("bad-list-done", done, 0);
	/* The work is done; that its count cannot be told is the caller's loss. */
	expect("read-only-count", call_mmu(list, 1, read_only_page(), DOMID_SELF), 0);
	struct mmu_update *edge = edge_of_page(sizeof(list[0]));

	*edge = list[0];
	done = 77;
	expect("over-edge", call_mmu(edge, 2, &done, DOMID_SELF), -XEN_EFAULT);
	expect("over-edge-done", done, 1);
}

static void claim_domains(void)
{
	list[0].ptr = maddr_of(boot_slot(a, 1));
	list[0].val = maddr_of(a) | PTE_RW;
	expect("domain-own-number", call_mmu(list, 1, NULL, 0), -XEN_ESRCH);
	expect("domain-absent", call_mmu(list, 1, NULL, 5), -XEN_ESRCH);
	expect("domain-bad", call_mmu(list, 1, NULL, 0x7fef), -XEN_ESRCH);
	expect("table-owner-self", call_mmu(list, 1, NULL, 1u << 16 | DOMID_SELF), 0);
	expect("table-owner-absent", call_mmu(list, 1, NULL, 6u << 16 | DOMID_SELF), -XEN_ESRCH);
	list[0].val = 0xb8000ul | PTE_RW;
	expect("io-domain", call_mmu(list, 1, NULL, DOMID_IO), 0);
	list[0].val = maddr_of(a) | PTE_RW;
	expect("back", call_mmu(list, 1, NULL, DOMID_SELF), 0);
}

void guest_main(void)
{
	claim_commands();
	claim_frame_zero();
	claim_counts();
	claim_domains();
	list[0].ptr = 0xfffffffful << 12;
	expect("pointer-no-frame", call_mmu(list, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	list[0].ptr = ~7ul;
	expect("pointer-max", call_mmu(list, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	list[0].ptr = *boot_slot((void *)M2P_VA, 4) & ~0xffful;
	list[0].val = 0;
	expect("pointer-hypervisor", call_mmu(list, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	list[0].ptr = 0xb8000;
	expect("pointer-io", call_mmu(list, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	list[0].ptr = start_info->shared_info + 0xa00;
	list[0].val = 0;
	expect("pointer-shared-info", call_mmu(list, 1, NULL, DOMID_SELF), 0);
}
