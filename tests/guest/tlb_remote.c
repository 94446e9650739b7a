/* SPDX-License-Identifier: MIT */
/* After a flush is done, no other vCPU reaches the page through the old mapping. */
#include "tests/guest/lib/guest.h"

static uint8_t at[4096] PAGE_ALIGNED, a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED;
static volatile int phase, seen, stop;

static void reader(void *argument)
{
	(void)argument;
	while (!stop) {
		uint64_t value = 0;
		int now = phase;
		long vector = try_read((uint64_t)at, &value);

		seen = now * 256 + (vector == 14 ? 255 : (int)(value & 0xff));
	}
}

/* What the other vCPU reads at `at`, after it has surely looked again. */
static int look(void)
{
	static int number;
	uint64_t end = now_ns() + 2000000000ul;

	phase = ++number;
	while (seen / 256 != number)
		if (now_ns() > end)
			return -1;
	return seen % 256;
}

void guest_main(void)
{
	static uint64_t mask = 2;
	long bad = 0;

	a[0] = 1;
	b[0] = 2;
	need(!call_va(at, maddr_of(a) | PTE_RW, UVMF_INVLPG));
	expect("start", vcpu_start(1, reader, NULL), 0);
	expect("first", look(), 1);
	expect("swap", call_va(at, maddr_of(b) | PTE_RW, UVMF_INVLPG | UVMF_ALL), 0);
	expect("swap-seen", look(), 2);
	need(!set_entry(boot_slot(at, 1), maddr_of(a) | PTE_RW));
	expect("invlpg-multi", mmuext(MMUEXT_INVLPG_MULTI, (uint64_t)at, (uint64_t)&mask), 0);
	expect("invlpg-multi-seen", look(), 1);
	need(!set_entry(boot_slot(at, 1), maddr_of(b) | PTE_RW));
	expect("flush-multi", mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&mask), 0);
	expect("flush-multi-seen", look(), 2);
	need(!set_entry(boot_slot(at, 1), 0));
	expect("flush-all", mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
	expect("flush-all-seen", look(), 255);
	for (int i = 0; i < 200; i++) {
		uint8_t *page = i & 1 ? b : a;

		bad += call_va(at, maddr_of(page) | PTE_RW, UVMF_INVLPG | UVMF_ALL) != 0;
		bad += look() != (i & 1 ? 2 : 1);
	}
	expect("rounds", bad, 0);
	/* A page that becomes a page table is flushed without being asked. */
	need(!call_va(at, maddr_of(a) | PTE_RW, UVMF_INVLPG | UVMF_ALL));
	expect("stop", (stop = 1, vcpu_wait(1)), 1);
}
