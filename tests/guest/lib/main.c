/* SPDX-License-Identifier: MIT */
/* The boot of a micro-guest, and the start of its other vCPUs. */
#include "tests/guest/lib/guest.h"

start_info_t *start_info;
shared_info_t *shared_info;
static uint8_t shared_info_slot[4096] PAGE_ALIGNED;
static struct vcpu_guest_context contexts[VCPU_LIMIT] PAGE_ALIGNED;
extern char stacks[];

void guest_start(start_info_t *info);
void vcpu_main(void);

struct cpu *cpu_of(int id)
{
	return (struct cpu *)(stacks + (uint64_t)id * STACK_SIZE);
}

void guest_start(start_info_t *info)
{
	start_info = info;
	this_cpu()->id = 0;
	/* The page behind shared_info_slot is lost; its address is what counts. */
	if (call_va(shared_info_slot, start_info->shared_info | PTE_RW, UVMF_INVLPG))
		guest_fail("lib.boot: shared_info cannot be mapped");
	shared_info = (shared_info_t *)shared_info_slot;
	traps_init();
	events_init();
	guest_main();
	guest_done();
}

void vcpu_main(void)
{
	struct cpu *cpu = this_cpu();

	cpu->start(cpu->argument);
	cpu->finished = 1;
	for (;;)
		call_vcpu(VCPUOP_down, cpu->id, NULL);
}

void vcpu_context_init(struct vcpu_guest_context *context, int id)
{
	memset(context, 0, sizeof(*context));
	context->flags = VGCF_in_kernel;
	context->user_regs.rip = (uint64_t)vcpu_entry;
	/* As after a call: the stack is 8 short of a multiple of 16 at a function's entry. */
	context->user_regs.rsp = (uint64_t)cpu_of(id) + STACK_SIZE;
	context->user_regs.rflags = 0x1000;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->kernel_sp = (uint64_t)cpu_of(id) + STACK_SIZE;
	memcpy(context->trap_ctxt, trap_table, sizeof(context->trap_ctxt));
	context->event_callback_eip = (uint64_t)event_callback;
	context->failsafe_callback_eip = (uint64_t)failsafe_callback;
	context->syscall_callback_eip = (uint64_t)syscall_callback;
	context->ctrlreg[3] = mfn_of((void *)start_info->pt_base) << 12;
}

long vcpu_start(int id, void (*function)(void *), void *argument)
{
	struct cpu *cpu = cpu_of(id);
	long error;

	cpu->id = id;
	cpu->start = function;
	cpu->argument = argument;
	cpu->finished = 0;
	vcpu_context_init(&contexts[id], id);
	shared_info->vcpu_info[id].evtchn_upcall_mask = 1;
	error = call_vcpu(VCPUOP_initialise, id, &contexts[id]);
	if (error)
		return error;
	return call_vcpu(VCPUOP_up, id, NULL);
}

bool vcpu_wait(int id)
{
	uint64_t end = now_ns() + 5000000000ul;

	while (!cpu_of(id)->finished) {
		if (now_ns() > end)
			return false;
		call_sched(SCHEDOP_yield, NULL);
	}
	return true;
}
