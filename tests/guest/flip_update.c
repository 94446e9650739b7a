/* SPDX-License-Identifier: MIT */
/* One vCPU rewrites a request while another submits it: read once, checked as read. */
#include "tests/guest/lib/guest.h"

static volatile struct mmu_update update;
static volatile int stop, started;
static uint8_t page[4096] PAGE_ALIGNED;

static void flipper(void *argument)
{
	uint64_t good = maddr_of(page) | PTE_RW;
	uint64_t bad = (uint64_t)argument; /* a page table, writable */

	started = 1;
	while (!stop) {
		update.val = bad;
		update.val = good;
	}
}

void guest_main(void)
{
	uint64_t *slot = boot_slot(page, 1);
	uint64_t table = (maddr_of(slot) & ~0xffful) | PTE_RW;
	long accepted = 0, refused = 0, other = 0, breach = 0;

	update.ptr = maddr_of(slot);
	update.val = maddr_of(page) | PTE_RW;
	expect("start", vcpu_start(1, flipper, (void *)table), 0);
	need(wait_for(&started, 1));
	uint64_t end = now_ns() + 1500000000ul;

	while (now_ns() < end) {
		for (int i = 0; i < 100; i++) {
			long answer = call_mmu((struct mmu_update *)&update, 1, NULL, DOMID_SELF);

			accepted += answer == 0;
			refused += answer == -XEN_EBUSY;
			other += answer != 0 && answer != -XEN_EBUSY;
			breach += PTE_FRAME(*slot) != mfn_of(page);
		}
	}
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	print("flip_update: %ld accepted, %ld refused", accepted, refused);
	expect_true("accepted", accepted > 0);
	expect("no-other-answer", other, 0);
	expect("no-breach", breach, 0);
}
