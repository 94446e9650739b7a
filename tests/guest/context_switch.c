/* SPDX-License-Identifier: MIT */
/* Two vCPUs on one CPU: segment bases, debug registers, TS, IOPL and selectors are each one's own.
 */
#include "tests/guest/lib/cpu.h"

static volatile int stop;
static volatile long bad[2], rounds[2];
static uint64_t mine[2][8];

static void own(void *argument)
{
	uint64_t id = (uint64_t)argument, value;
	uint64_t *there = mine[id];
	struct physdev_set_iopl iopl = {.iopl = (uint32_t)id};

	there[0] = 0xf0 + id;
	there[1] = 0x90 + id;
	call_segment(SEGBASE_FS, (uint64_t)&there[0]);
	call_segment(SEGBASE_GS_KERNEL, (uint64_t)&there[1]);
	call_segment(SEGBASE_GS_USER, 0x1000 * (id + 1));
	hc2(__HYPERVISOR_set_debugreg, 0, (uint64_t)&there[4]);
	call_physdev(PHYSDEVOP_set_iopl, &iopl);
	asm volatile("mov %0, %%es" : : "r"(id ? FLAT_RING3_SS32 : 0));
	while (!stop) {
		call_sched(SCHEDOP_yield, NULL);
		asm volatile("mov %%fs:0, %0" : "=r"(value));
		bad[id] += value != 0xf0 + id;
		asm volatile("mov %%gs:0, %0" : "=r"(value));
		bad[id] += value != 0x90 + id;
		bad[id] += msr_read(0xc0000102, &value) != NONE || value != 0x1000 * (id + 1);
		bad[id] += (uint64_t)hc1(__HYPERVISOR_get_debugreg, 0) != (uint64_t)&there[4];
		asm volatile("mov %%es, %0" : "=r"(value));
		bad[id] += (value & 0xffff) != (id ? FLAT_RING3_SS32 : 0);
		bad[id] += try_asm("inb $0x80, %%al", : : : "rax") != (id ? NONE : 13);
		rounds[id]++;
		if (!id && rounds[0] >= 1500)
			stop = 1;
	}
	asm volatile("mov %0, %%es" : : "r"(0));
}

void guest_main(void)
{
	expect("start", vcpu_start(1, own, (void *)1), 0);
	own((void *)0);
	expect_true("stopped", vcpu_wait(1));
	expect("first", bad[0], 0);
	expect("second", bad[1], 0);
	expect_true("both-ran", rounds[0] > 100 && rounds[1] > 100);
}
