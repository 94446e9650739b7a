/* SPDX-License-Identifier: MIT */
/* Emulated page-table writes that must not happen: the guest gets its #PF, nothing changes. */
#include "tests/guest/lib/guest.h"

static uint8_t a[4096] PAGE_ALIGNED;

void guest_main(void)
{
	uint64_t *slot = boot_slot(a, 1), before = *slot;
	uint64_t table = maddr_of(slot) & ~0xffful;

	need(!call_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	expect("table-writable", try_write((uint64_t)slot, table | PTE_RW), 14);
	expect("table-writable-error", this_cpu()->trap.error, 3);
	expect("table-writable-cr2", this_cpu()->cr2, slot);
	expect("table-writable-kept", *slot, before);
	expect("no-frame", try_write((uint64_t)slot, 0xfffffffful << 12 | PTE_RW), 14);
	expect("no-frame-kept", *slot, before);
	expect("hypervisor", try_write((uint64_t)slot, *boot_slot((void *)M2P_VA, 4) | PTE_W), 14);
	expect("hypervisor-kept", *slot, before);
	/* Only L1 tables are writable in this way. */
	expect("l2", try_write((uint64_t)boot_slot(a, 2), *boot_slot(a, 2)), 14);
	expect("l3", try_write((uint64_t)boot_slot(a, 3), *boot_slot(a, 3)), 14);
	expect("l4", try_write((uint64_t)boot_slot(a, 4), *boot_slot(a, 4)), 14);
	expect("plain-read-only", try_write((uint64_t)read_only_page(), 1), 14);
	expect("m2p", try_write(M2P_VA + 8 * mfn_of(a), 1), 14);
	/* Half an entry that would make it wrong. */
	expect("half", try_asm("movl $0x000f0000, 4(%0)", : : "r"(slot) : "memory"), 14);
	expect("half-kept", *slot, before);
	expect("misaligned-cross", try_asm("movq $0, 4(%0)", : : "r"(slot) : "memory"), 14);
	expect("misaligned-kept", *slot, before);
	expect("still-works", try_write((uint64_t)slot, before), NONE);
	expect("disable", call_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
}
