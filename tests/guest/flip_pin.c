/* SPDX-License-Identifier: MIT */
/* Two vCPUs pin, unpin and map one page as everything at once: it is never two things. */
#include "tests/guest/lib/guest.h"

static volatile int stop, started;
static uint8_t page[4096] PAGE_ALIGNED, window[4096] PAGE_ALIGNED;

static void other(void *argument)
{
	(void)argument;
	started = 1;
	while (!stop) {
		pin_table(1, page);
		unpin_table(page);
		pin_table(4, page);
		unpin_table(page);
	}
}

void guest_main(void)
{
	long mapped = 0, refused = 0, odd = 0;
	uint64_t end;

	need(!set_pte(page, PTE_RO));
	expect("start", vcpu_start(1, other, NULL), 0);
	need(wait_for(&started, 1));
	for (end = now_ns() + 1500000000ul; now_ns() < end;) {
		for (int i = 0; i < 50; i++) {
			long answer = call_va(window, maddr_of(page) | PTE_RW, UVMF_INVLPG);

			mapped += answer == 0;
			refused += answer == -XEN_EBUSY;
			odd += answer != 0 && answer != -XEN_EBUSY && answer != -XEN_EINVAL;
			if (!answer && pin_table(1, page) == 0)
				odd += 1000; /* writable and a page table */
			call_va(window, maddr_of(page) | PTE_RO, UVMF_INVLPG);
		}
	}
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	print("flip_pin: %ld mapped, %ld refused", mapped, refused);
	expect_true("mapped", mapped > 0);
	expect("nothing-odd", odd, 0);
	unpin_table(page);
	expect("free", set_pte(window, PTE_RW) | set_pte(page, PTE_RW), 0);
}
