/* SPDX-License-Identifier: MIT */
/*
 * What an entry into the kernel means: a fault that a test provoked, a return
 * from user mode, an event, or the end of the test.
 */
#include "tests/guest/lib/guest.h"

struct fixup {
	uint64_t from, to;
};
extern struct fixup extable_start[], extable_end[];

bool (*trap_hook)(struct trap_frame *frame);
uint64_t failsafe_selectors[4];
trap_info_t trap_table[257];
void trap_handle(struct trap_frame *frame);
void events_take(void);

/*
 * A fault stops at the instruction; INT n and #BP stop behind it.  Both ends
 * of a try_asm() count, so that either kind is caught.
 */
static bool fix_up(struct trap_frame *frame)
{
	for (struct fixup *f = extable_start; f < extable_end; f++) {
		if (frame->rip == f->from || frame->rip == f->to) {
			frame->rip = f->to;
			return true;
		}
	}
	return false;
}

void trap_handle(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();
	bool user = (frame->cs & 3) == 3;

	if (frame->vector == VECTOR_EVENT && !trap_hook) {
		events_take();
		return;
	}
	cpu->trap = *frame;
	cpu->cr2 = this_vcpu_info()->arch.cr2;
	if (trap_hook && trap_hook(frame))
		return;
	if (frame->vector == VECTOR_EVENT) {
		events_take();
		return;
	}
	cpu->caught = (long)frame->vector;
	if (cpu->user_rsp && (user || frame->vector == VECTOR_SYSCALL)) {
		uint64_t rsp = cpu->user_rsp;

		cpu->user_rsp = 0;
		user_leave(rsp, (long)frame->vector);
	}
	if (!user && fix_up(frame))
		return;
	if (!user && cpu->catch_rsp) {
		frame->rip = (uint64_t)catch_landing;
		/* The fault may have been about these. */
		frame->cs = FLAT_KERNEL_CS & ~3;
		frame->ss = FLAT_KERNEL_SS;
		frame->rflags = 2; /* events closed, no TF, no AC */
		frame->rsp = cpu->catch_rsp;
		return;
	}
	guest_fail(GUEST_NAME ".trap: unexpected vector %ld error %lx rip %lx cr2 %lx",
		   frame->vector, frame->error, frame->rip, cpu->cr2);
}

long try_call(void (*function)(void *), void *argument)
{
	struct cpu *cpu = this_cpu();

	cpu->caught = NONE;
	catch_call(function, argument, &cpu->catch_rsp);
	return cpu->caught;
}

void traps_init(void)
{
	for (unsigned int vector = 0; vector < 256; vector++) {
		bool open = vector == 3 || vector == 4 || vector == 0x80;

		trap_table[vector].vector = (uint8_t)vector;
		trap_table[vector].flags = (open ? 3 : 0) | 4;
		trap_table[vector].cs = FLAT_KERNEL_CS;
		trap_table[vector].address = (uint64_t)trap_stubs + vector * 32;
	}
	if (call_traps(trap_table))
		guest_fail("lib.traps: set_trap_table refused");
}
