/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/vcpu_time.c - see runstate.h: a vCPU's times as its guest
 * sees them, and the timers it may set.
 */
#include "xen-like/arch/x86/clock.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/sched/runstate.h"
#include "xen-like/sched/sched.h"

void runstate_enter(struct vcpu *vcpu, int state)
{
	uint64_t now = clock_now();
	vcpu_runstate_info_t *info = &vcpu->runstate;

	if (info->state == state)
		return;
	info->time[info->state] += now - info->state_entry_time;
	info->state_entry_time = now;
	info->state = state;
}

void runstate_refresh(struct vcpu *vcpu)
{
	uint64_t now = clock_now();

	vcpu->runstate.time[vcpu->runstate.state] += now - vcpu->runstate.state_entry_time;
	vcpu->runstate.state_entry_time = now;
}

/* The area is the kernel's; in user mode its tables are not loaded. */
static void copy_to_kernel(struct vcpu *vcpu, guest_va_t area, const void *from, size_t bytes)
{
	uint64_t loaded = read_cr3();

	if (!vcpu->pv.kernel_mode)
		write_cr3(mfn_to_maddr(vcpu->pv.kernel_table).n);
	/* An area the guest has unmapped since is its own loss. */
	(void)!copy_to_guest(area, from, bytes);
	if (!vcpu->pv.kernel_mode)
		write_cr3(loaded);
}

#define UPDATE_UNDER_WAY (1ull << 63)

void runstate_publish(struct vcpu *vcpu)
{
	bool flagged = vcpu->domain->vm_assist & (1ull << VMASST_TYPE_runstate_update_flag);
	uint64_t entry_time = vcpu->runstate.state_entry_time | UPDATE_UNDER_WAY;
	guest_va_t area = vcpu->runstate_area;
	guest_va_t time_field =
		guest_va(area.va + offsetof(vcpu_runstate_info_t, state_entry_time));

	if (!area.va)
		return;
	if (flagged)
		copy_to_kernel(vcpu, time_field, &entry_time, sizeof(entry_time));
	copy_to_kernel(vcpu, area, &vcpu->runstate, sizeof(vcpu->runstate));
}

void vcpu_scheduled_in(struct vcpu *vcpu)
{
	vcpu_update_time(vcpu);
	if (vcpu->time_area.va)
		copy_to_kernel(vcpu, vcpu->time_area, &vcpu->info->time, sizeof(vcpu->info->time));
	runstate_publish(vcpu);
}

/* Timers ---------------------------------------------------------------------- */

static void single_shot_fired(void *argument)
{
	virq_send_vcpu(argument, VIRQ_TIMER);
}

static void periodic_fired(void *argument)
{
	struct vcpu *vcpu = argument;
	uint64_t period = read_once(vcpu->periodic_period);

	virq_send_vcpu(vcpu, VIRQ_TIMER);
	if (period)
		timer_set(&vcpu->periodic, vcpu->periodic.deadline + period);
}

static void poll_timed_out(void *argument)
{
	sched_wake(argument);
}

void vcpu_timers_init(struct vcpu *vcpu)
{
	timer_init(&vcpu->single_shot, vcpu->cpu, single_shot_fired, vcpu);
	timer_init(&vcpu->periodic, vcpu->cpu, periodic_fired, vcpu);
	timer_init(&vcpu->poll, vcpu->cpu, poll_timed_out, vcpu);
}
