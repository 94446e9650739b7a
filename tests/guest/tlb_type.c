/* SPDX-License-Identifier: MIT */
/* A writable translation left in another CPU's TLB is gone before the page is a page table. */
#include "tests/guest/lib/guest.h"

static uint8_t at[4096] PAGE_ALIGNED;
static volatile int stop, started;
static volatile uint64_t written;

static void writer(void *argument)
{
	(void)argument;
	started = 1;
	while (!stop) {
		if (try_write((uint64_t)at + 8, 0) == NONE)
			written++;
	}
}

void guest_main(void)
{
	uint64_t *table = page_alloc();
	long breach = 0, failed = 0;

	need(!set_pte(table, PTE_RO));
	expect("start", vcpu_start(1, writer, NULL), 0);
	need(wait_for(&started, 1));
	for (int i = 0; i < 150; i++) {
		uint64_t before;

		failed += call_va(at, maddr_of(table) | PTE_RW, UVMF_INVLPG | UVMF_ALL) != 0;
		before = written;
		for (int spin = 0; written == before && spin < 10000000; spin++)
			asm volatile("pause");
		/* No flush asked for: the hypervisor owes it when the type changes. */
		failed += call_va(at, 0, 0) != 0;
		failed += pin_table(1, table) != 0;
		before = written;
		for (volatile int spin = 0; spin < 3000; spin++)
			;
		breach += written > before + 1; /* one may have been counted late */
		failed += unpin_table(table) != 0;
	}
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	expect("calls", failed, 0);
	expect_true("wrote", written > 0);
	expect("no-breach", breach, 0);
}
