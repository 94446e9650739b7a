/* SPDX-License-Identifier: MIT */
/* NX in leaf and table entries: execution faults with the fetch bit, reading does not. */
#include "tests/guest/lib/guest.h"

static uint8_t code[4096] PAGE_ALIGNED;

static void jump(void *to)
{
	((void (*)(void))to)();
}

void guest_main(void)
{
	uint64_t value;

	code[0] = 0xc3; /* ret */
	expect("executable", try_call(jump, code), NONE);
	expect("set", set_pte(code, PTE_RW | PTE_NX), 0);
	expect("fetch", try_call(jump, code), 14);
	expect("fetch-error", this_cpu()->trap.error, 0x11);
	expect("fetch-cr2", this_cpu()->cr2, code);
	expect("fetch-rip", this_cpu()->trap.rip, code);
	expect("read", try_read((uint64_t)code, &value), NONE);
	expect("clear", set_pte(code, PTE_RW), 0);
	expect("executable-again", try_call(jump, code), NONE);
	/* In a table's entry it counts for everything below. */
	uint64_t va = 0x18000000000ul;

	need(!map_va(va, maddr_of(code) | PTE_RW));
	expect("low-executable", try_call(jump, (void *)va), NONE);
	uint64_t *l2 = boot_slot((void *)va, 2);

	expect("table-set", set_entry(l2, *l2 | PTE_NX), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect("table-fetch", try_call(jump, (void *)va), 14);
	expect("table-read", try_read(va, &value), NONE);
	expect("table-clear", set_entry(l2, *l2 & ~PTE_NX), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect("table-executable", try_call(jump, (void *)va), NONE);
	/* A read-only table entry makes everything below read-only. */
	expect("table-read-only", set_entry(l2, *l2 & ~PTE_W), 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
	expect("table-write", try_write(va + 8, 1), 14);
	expect("table-write-error", this_cpu()->trap.error, 3);
	expect("jump-null", try_call(jump, NULL), 14);
	expect("jump-hypervisor", try_call(jump, (void *)HYPERVISOR_VA), 14);
	expect("jump-m2p", try_call(jump, (void *)M2P_VA), 14);
}
