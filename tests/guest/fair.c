/* SPDX-License-Identifier: MIT */
/* Four spinning vCPUs on one CPU: each gets a fair share, and a sleeper wakes in time. */
#include "tests/guest/lib/guest.h"

static volatile uint64_t turns[4];
static volatile int stop;

static void spin(void *argument)
{
	volatile uint64_t *mine = argument;

	while (!stop)
		(*mine)++;
}

void guest_main(void)
{
	uint64_t least = ~0ul, most = 0, worst = 0, begin;
	long timer = bind_virq(VIRQ_TIMER, 0);

	need(timer > 0 && !call_vcpu(VCPUOP_stop_periodic_timer, 0, NULL));
	for (int id = 1; id < 4; id++)
		need(!vcpu_start(id, spin, (void *)&turns[id]));
	/* Warm up, then measure while this vCPU sleeps most of the time. */
	for (int i = 0; i < 20; i++) {
		struct vcpu_set_singleshot_timer shot;

		begin = now_ns() + 20000000;
		shot.timeout_abs_ns = begin;
		shot.flags = 0;
		need(!call_vcpu(VCPUOP_set_singleshot_timer, 0, &shot));
		call_sched(SCHEDOP_block, NULL);
		events_close();
		if (now_ns() - begin > worst)
			worst = now_ns() - begin;
	}
	for (begin = now_ns() + 2000000000ul; now_ns() < begin;)
		call_sched(SCHEDOP_yield, NULL);
	stop = 1;
	for (int id = 1; id < 4; id++) {
		least = turns[id] < least ? turns[id] : least;
		most = turns[id] > most ? turns[id] : most;
	}
	print("fair: least %lu most %lu, worst wake %lu us", least, most, worst / 1000);
	expect_true("all-run", least > 0);
	expect_true("shares", most < 3 * least);
	expect_true("wakes", worst < 500000000);
	for (int id = 1; id < 4; id++)
		expect_true("finishes", vcpu_wait(id));
}
