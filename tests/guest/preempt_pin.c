/* SPDX-License-Identifier: MIT */
/* Pinning and unpinning a wide tree while events arrive: it ends right, all or nothing. */
#include "tests/guest/lib/guest.h"

#define TABLES 200

static uint8_t page[4096] PAGE_ALIGNED;

static void periodic(uint64_t period)
{
	struct vcpu_set_periodic_timer timer = {.period_ns = period};

	need(!call_vcpu(VCPUOP_set_periodic_timer, 0, &timer));
}

void guest_main(void)
{
	uint64_t *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc(), *last = NULL;
	long failed = 0;

	need(bind_virq(VIRQ_TIMER, 0) > 0);
	for (int i = 0; i < TABLES; i++) {
		uint64_t *l1 = page_alloc();

		for (int entry = 0; entry < 512; entry++)
			l1[entry] = maddr_of(page) | PTE_RW;
		need(!set_pte(l1, PTE_RO));
		l2[i] = maddr_of(l1) | PTE_TABLE;
		last = l1;
	}
	l3[0] = maddr_of(l2) | PTE_TABLE;
	l4[0] = maddr_of(l3) | PTE_TABLE;
	need(!set_pte(l2, PTE_RO) && !set_pte(l3, PTE_RO) && !set_pte(l4, PTE_RO));
	periodic(1000000);
	events_open();
	for (int round = 0; round < 6; round++) {
		failed += pin_table(4, l4) != 0;
		failed += pin_table(4, l4) != -XEN_EINVAL;
		failed += unpin_table(l4) != 0;
	}
	expect("rounds", failed, 0);
	expect_true("events-meanwhile", upcall_count > 0);
	expect("free", set_pte(last, PTE_RW), 0);
	expect("type-refused", pin_table(4, l4), -XEN_EINVAL);
	expect("half-tree-free", set_pte(l3, PTE_RW) | set_pte(l2, PTE_RW), 0);
	need(!set_pte(l3, PTE_RO) && !set_pte(l2, PTE_RO) && !set_pte(last, PTE_RO));
	expect("again", pin_table(4, l4), 0);
	expect("again-unpin", unpin_table(l4), 0);
	events_close();
	call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL);
	need(!set_pte(page, PTE_RO));
	expect("leaf-free", pin_table(1, page), 0);
	expect("leaf-unpin", unpin_table(page), 0);
}
