/* SPDX-License-Identifier: MIT */
/* A second vCPU: how it starts, goes down, comes back, and what it is told. */
#include "tests/guest/lib/guest.h"

static volatile int runs;
static volatile uint64_t seen_rflags, seen_cs, seen_ss, seen_gs_base;
static volatile int seen_mask;
static volatile long nmi_vector;

static void other(void *argument)
{
	uint64_t value;

	asm volatile("pushfq\n\tpop %0" : "=r"(value));
	seen_rflags = value;
	asm volatile("mov %%cs, %0" : "=r"(value));
	seen_cs = value & 0xffff;
	asm volatile("mov %%ss, %0" : "=r"(value));
	seen_ss = value & 0xffff;
	seen_mask = this_vcpu_info()->evtchn_upcall_mask;
	try_asm("ud2");
	runs = (int)(uint64_t)argument;
}

static bool hook(struct trap_frame *frame)
{
	if (frame->vector != 2)
		return false;
	nmi_vector = 2;
	return true;
}

static bool wait_state(int id, long state)
{
	uint64_t end = now_ns() + 2000000000ul;

	while (call_vcpu(VCPUOP_is_up, id, NULL) != state)
		if (now_ns() > end)
			return false;
	return true;
}

void guest_main(void)
{
	expect("start", vcpu_start(1, other, (void *)7), 0);
	expect_true("runs", wait_for(&runs, 7));
	expect("cs", seen_cs, FLAT_KERNEL_CS);
	expect("ss", seen_ss, FLAT_KERNEL_SS);
	expect("rflags-if", seen_rflags & 0x200, 0x200);
	expect("rflags-iopl", seen_rflags & 0x3000, 0);
	expect("mask", seen_mask, 1);
	expect("trap-table", cpu_of(1)->caught, 6);
	expect_true("down", wait_state(1, 0));
	/* Up again: it continues behind its VCPUOP_down, and goes down once more. */
	expect("up", call_vcpu(VCPUOP_up, 1, NULL), 0);
	expect_true("down-again", wait_state(1, 0));
	expect("up-twice", call_vcpu(VCPUOP_up, 1, NULL) | call_vcpu(VCPUOP_up, 1, NULL), 0);
	expect_true("down-third", wait_state(1, 0));
	trap_hook = hook;
	expect("nmi-self", call_vcpu(VCPUOP_send_nmi, 0, NULL), 0);
	expect("nmi-taken", nmi_vector, 2);
	nmi_vector = 0;
	expect("nmi-again", call_vcpu(VCPUOP_send_nmi, 0, NULL), 0);
	expect("nmi-again-taken", nmi_vector, 2);
	expect("nmi-absent", call_vcpu(VCPUOP_send_nmi, 9, NULL), -XEN_ENOENT);
}
