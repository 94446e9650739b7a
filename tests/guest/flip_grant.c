/* SPDX-License-Identifier: MIT */
/* The owner rewrites its grant entry while a mapping is made: pins and flags end at zero. */
#include "tests/guest/lib/grant.h"

static volatile int stop, started;
static uint8_t a[4096] PAGE_ALIGNED, b[4096] PAGE_ALIGNED, at[4096] PAGE_ALIGNED;

static void flipper(void *argument)
{
	volatile grant_entry_v1_t *entry = argument;

	started = 1;
	while (!stop) {
		entry->frame = (uint32_t)mfn_of(b);
		entry->flags = GTF_permit_access | GTF_readonly;
		entry->domid = 5;
		entry->frame = (uint32_t)mfn_of(a);
		entry->domid = SELF;
		entry->flags = GTF_permit_access;
		entry->flags = 0;
		entry->flags = GTF_permit_access;
	}
}

void guest_main(void)
{
	long mapped = 0, refused = 0, odd = 0;
	uint64_t end;

	grants_init();
	grant_offer(60, a, 0);
	expect("start", vcpu_start(1, flipper, &grants[60]), 0);
	need(wait_for(&started, 1));
	for (end = now_ns() + 1500000000ul; now_ns() < end;) {
		for (int i = 0; i < 50; i++) {
			uint32_t handle;
			long status = grant_map(60, (uint64_t)at, GNTMAP_host_map, &handle);

			mapped += status == GNTST_okay;
			refused += status < 0;
			odd += status > 0;
			if (status != GNTST_okay)
				continue;
			uint64_t frame = PTE_FRAME(*boot_slot(at, 1));

			odd += frame != mfn_of(a) && frame != mfn_of(b);
			odd += grant_unmap((uint64_t)at, handle) != GNTST_okay;
		}
	}
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	print("flip_grant: %ld mapped, %ld refused", mapped, refused);
	expect("nothing-odd", odd, 0);
	expect_true("tried", mapped + refused > 100);
	need(!set_pte(at, PTE_RW) && !set_pte(a, PTE_RO) && !set_pte(b, PTE_RO));
	expect("a-free", pin_table(1, a), 0);
	expect("b-free", pin_table(1, b), 0);
	unpin_table(a);
	unpin_table(b);
	grant_offer(60, a, 0);
	uint32_t handle;

	need(!set_pte(a, PTE_RW));
	expect("map-after", grant_map(60, (uint64_t)at, GNTMAP_host_map, &handle), GNTST_okay);
	expect("unmap-after", grant_unmap((uint64_t)at, handle), GNTST_okay);
}
