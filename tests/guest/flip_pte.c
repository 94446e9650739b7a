/* SPDX-License-Identifier: MIT */
/* Two vCPUs write one L1 entry by mmu_update, update_va and emulation at once: counts stay right.
 */
#include "tests/guest/lib/guest.h"

static volatile int stop, started;
static uint8_t a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED, at[4096] PAGE_ALIGNED;

static void other(void *argument)
{
	uint64_t *slot = argument;

	started = 1;
	while (!stop) {
		set_entry(slot, maddr_of(b) | PTE_RW);
		call_va(at, 0, 0);
		try_write((uint64_t)slot, maddr_of(a) | PTE_RW);
		set_entry(slot, maddr_of(b) | PTE_RO);
	}
}

void guest_main(void)
{
	uint64_t *slot = boot_slot(at, 1), end;

	need(!call_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
	expect("start", vcpu_start(1, other, slot), 0);
	need(wait_for(&started, 1));
	for (end = now_ns() + 1500000000ul; now_ns() < end;) {
		for (int i = 0; i < 50; i++) {
			set_entry(slot, maddr_of(a) | PTE_RW);
			try_write((uint64_t)slot, maddr_of(b) | PTE_RW);
			call_va(at, maddr_of(a) | PTE_RO, UVMF_INVLPG);
			try_write((uint64_t)slot, 0);
		}
	}
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	expect("cleared", set_pte(at, 0), 0);
	/* Were a reference lost or kept, one of these would fail. */
	need(!set_pte(a, PTE_RO) && !set_pte(b, PTE_RO));
	expect("a-free", pin_table(1, a), 0);
	expect("b-free", pin_table(1, b), 0);
	expect("a-unpin", unpin_table(a), 0);
	expect("b-unpin", unpin_table(b), 0);
	expect("a-writable", set_pte(a, PTE_RW), 0);
	expect("b-writable", set_pte(b, PTE_RW), 0);
}
