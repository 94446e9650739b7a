/* SPDX-License-Identifier: MIT */
/* System time read on two vCPUs in turn never goes back by more than they can be apart. */
#include "tests/guest/lib/guest.h"

/* Clocks of two CPUs are read apart: what Linux irons out itself may stay. */
#define SLACK 1000000

static volatile uint64_t latest;
static volatile long back;
static volatile int turn, stop;

static void run(int me)
{
	while (!stop) {
		if (turn != me) {
			asm volatile("pause");
			continue;
		}
		uint64_t now = now_ns();

		back += now + SLACK < latest;
		latest = now;
		turn = !me;
	}
}

static void other(void *argument)
{
	(void)argument;
	run(1);
}

void guest_main(void)
{
	struct vcpu_set_singleshot_timer shot;
	long timer = bind_virq(VIRQ_TIMER, 0);

	need(timer > 0 && !call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL));
	expect("start", vcpu_start(1, other, NULL), 0);
	uint64_t end = now_ns() + 1500000000ul;

	while (now_ns() < end) {
		for (int i = 0; i < 2000; i++) {
			uint64_t limit = now_ns() + 1000000000ul;

			while (turn != 0 && now_ns() < limit)
				asm volatile("pause");
			uint64_t now = now_ns();

			back += now + SLACK < latest;
			latest = now;
			turn = 1;
		}
		/* Sleep a little: time must not slip while nobody runs here. */
		shot.timeout_abs_ns = now_ns() + 2000000;
		shot.flags = 0;
		call_vcpu(VCPUOP_set_singleshot_timer, 0, &shot);
		call_sched(SCHEDOP_block, NULL);
		events_close();
	}
	stop = 1;
	expect_true("stopped", vcpu_wait(1));
	expect("never-back", back, 0);
}
