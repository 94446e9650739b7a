/* SPDX-License-Identifier: MIT */
/* XMM and x87 state over hypercalls, traps and the running of another vCPU on the same CPU. */
#include "tests/guest/lib/cpu.h"

static volatile int stop;
static volatile long other_bad, other_rounds;

static void load(uint64_t seed)
{
	uint64_t value[2] = {seed, ~seed};

	asm volatile("movups %0, %%xmm0\n\tmovups %0, %%xmm7\n\tmovups %0, %%xmm15" : : "m"(value));
}

static bool holds(uint64_t seed)
{
	uint64_t a[2], b[2], c[2];

	asm volatile("movups %%xmm0, %0\n\tmovups %%xmm7, %1\n\tmovups %%xmm15, %2"
		     : "=m"(a), "=m"(b), "=m"(c));
	return a[0] == seed && a[1] == ~seed && !memcmp(a, b, 16) && !memcmp(a, c, 16);
}

static void other(void *argument)
{
	(void)argument;
	while (!stop) {
		load(0xdeadul + (uint64_t)other_rounds);
		call_sched(SCHEDOP_yield, NULL);
		other_bad += !holds(0xdeadul + (uint64_t)other_rounds);
		other_rounds++;
	}
}

void guest_main(void)
{
	long bad = 0;
	uint32_t mxcsr = 0x1fc0, control = 0, seen;
	double unused;

	load(1);
	call_version(XENVER_version, NULL);
	expect("hypercall", holds(1), 1);
	try_asm("ud2");
	expect("trap", holds(1), 1);
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	call_sched(SCHEDOP_yield, NULL);
	asm volatile("stmxcsr %0" : "=m"(seen));
	expect("mxcsr", seen, 0x1fc0);
	asm volatile("fnstcw %0" : "=m"(control));
	expect("x87-default", control & 0xffff, 0x37f);
	control = 0x27f;
	asm volatile("fldcw %0\n\tfldpi" : : "m"(control));
	expect("start", vcpu_start(1, other, NULL), 0);
	for (uint64_t i = 0; i < 3000; i++) {
		load(i);
		call_sched(SCHEDOP_yield, NULL);
		bad += !holds(i);
	}
	uint64_t end = now_ns() + 300000000;

	while (now_ns() < end) {
		load(end);
		for (volatile int spin = 0; spin < 20000; spin++)
			;
		bad += !holds(end);
	}
	stop = 1;
	expect_true("other-finished", vcpu_wait(1));
	expect_true("other-ran", other_rounds > 10);
	expect("kept", bad, 0);
	expect("other-kept", other_bad, 0);
	asm volatile("fnstcw %0\n\tfstpl %1" : "=m"(seen), "=m"(unused));
	expect("x87-kept", seen & 0xffff, 0x27f);
	expect("x87-value", *(uint64_t *)&unused, 0x400921fb54442d18ul);
}
