/* SPDX-License-Identifier: MIT */
/* Long batches stay preemptible: an event due meanwhile is not late by the whole batch. */
#include "tests/guest/lib/guest.h"

#define COUNT 40000

static struct mmu_update list[COUNT];
static multicall_entry_t calls[8000];
static uint8_t page[4096] PAGE_ALIGNED;
static volatile uint64_t event_at;

static bool hook(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_EVENT && !event_at)
		event_at = rdtsc();
	return false;
}

static void arm(uint64_t after)
{
	struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = now_ns() + after};

	event_at = 0;
	need(!call_vcpu(VCPUOP_set_singleshot_timer, 0, &timer));
}

void guest_main(void)
{
	unsigned int done = 0;
	uint64_t start, end;
	long timer = bind_virq(VIRQ_TIMER, 0), wrong = 0;

	need(timer > 0 && !call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL));
	for (unsigned int i = 0; i < COUNT; i++) {
		list[i].ptr = maddr_of(boot_slot(page, 1));
		list[i].val = maddr_of(page) | PTE_RW;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		calls[i].op = __HYPERVISOR_xen_version;
		calls[i].result = 1;
	}
	trap_hook = hook;
	arm(1000000);
	events_open();
	start = rdtsc();
	expect("mmu", call_mmu(list, COUNT, &done, DOMID_SELF), 0);
	end = rdtsc();
	wait_ns(5000000);
	events_close();
	expect("mmu-done", done, COUNT);
	expect("mmu-event", event_at != 0, 1);
	/* In the middle of it, if the batch took long enough to have a middle. */
	expect_true("mmu-event-in-time", event_at < end || end - start < 20000000);
	arm(1000000);
	events_open();
	start = rdtsc();
	expect("multicall", call_multi(calls, ARRAY_SIZE(calls)), 0);
	end = rdtsc();
	wait_ns(5000000);
	events_close();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		wrong += calls[i].result != (4 << 16 | 17);
	expect("multicall-results", wrong, 0);
	expect("multicall-event", event_at != 0, 1);
	expect_true("multicall-event-in-time", event_at < end || end - start < 20000000);
}
