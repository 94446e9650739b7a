/* SPDX-License-Identifier: MIT */
/* iret within the kernel to places and selectors that cannot be: a fault for the guest. */
#include "tests/guest/lib/guest.h"

static struct iret_context context;

static void go(void *argument)
{
	(void)argument;
	iret_raw(&context);
}

static void fresh(void)
{
	memset(&context, 0, sizeof(context));
	context.cs = FLAT_KERNEL_CS & ~3;
	context.ss = FLAT_KERNEL_SS;
	context.rflags = 2;
	/* The fault is taken on this vCPU's own stack, far below what is in use. */
	context.rsp = (uint64_t)this_cpu() + 4096;
	context.rip = (uint64_t)guest_main;
}

void guest_main(void)
{
	struct trap_frame *trap = &this_cpu()->trap;
	long vector;

	fresh();
	context.rip = UNMAPPED_VA;
	expect("rip-unmapped", try_call(go, NULL), 14);
	expect("rip-unmapped-cr2", this_cpu()->cr2, UNMAPPED_VA);
	fresh();
	context.rip = HYPERVISOR_VA;
	expect("rip-hypervisor", try_call(go, NULL), 14);
	fresh();
	context.rip = NON_CANONICAL;
	vector = try_call(go, NULL);
	expect_true("rip-non-canonical", vector == 13 || vector == VECTOR_FAILSAFE);
	fresh();
	context.cs = 0xfff0;
	vector = try_call(go, NULL);
	expect_true("cs-bad", vector == 13 || vector == VECTOR_FAILSAFE);
	fresh();
	context.ss = 0xfff0;
	vector = try_call(go, NULL);
	expect_true("ss-bad", vector == 13 || vector == VECTOR_FAILSAFE);
	fresh();
	context.cs = FLAT_KERNEL_SS & ~3; /* data, not code */
	vector = try_call(go, NULL);
	expect_true("cs-data", vector == 13 || vector == VECTOR_FAILSAFE);
	fresh();
	context.rip = UNMAPPED_VA;
	context.rflags = ~0ul;
	expect("flags-all", try_call(go, NULL), 14);
	expect("flags-iopl-vm", trap->rflags & 0x23000, 0);
	expect("fine-again", try_asm("ud2"), 6);
}
