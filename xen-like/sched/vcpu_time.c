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

/* The areas are the kernel's; in user mode its tables are not loaded. */
static uint64_t kernel_tables_enter(const struct vcpu *vcpu)
{
	uint64_t loaded = read_cr3();

	if (!vcpu->pv.kernel_mode)
		cpu_load_tables(mfn_to_maddr(vcpu->pv.kernel_table).n);
	return loaded;
}

static void kernel_tables_leave(const struct vcpu *vcpu, uint64_t loaded)
{
	if (!vcpu->pv.kernel_mode)
		cpu_load_tables(loaded);
}

/* An area the guest has unmapped since is its own loss. */
static void put(guest_va_t area, size_t offset, const void *from, size_t bytes)
{
	(void)!copy_to_guest(guest_va(area.va + offset), from, bytes);
}

/*
 * A guest that asks for it sees a mark in the entry time from before the first
 * change until after the last: another of its CPUs may be reading.
 */
static void put_runstate(const struct vcpu *vcpu)
{
	const size_t mark = offsetof(vcpu_runstate_info_t, state_entry_time);
	vcpu_runstate_info_t info = vcpu->runstate;

	if (!(vcpu->domain->vm_assist & (1ull << VMASST_TYPE_runstate_update_flag))) {
		put(vcpu->runstate_area, 0, &info, sizeof(info));
		return;
	}
	info.state_entry_time |= XEN_RUNSTATE_UPDATE;
	put(vcpu->runstate_area, mark, &info.state_entry_time, sizeof(info.state_entry_time));
	put(vcpu->runstate_area, 0, &info, sizeof(info));
	info.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	put(vcpu->runstate_area, mark, &info.state_entry_time, sizeof(info.state_entry_time));
}

void runstate_publish(struct vcpu *vcpu)
{
	uint64_t loaded;

	if (!vcpu->runstate_area.va)
		return;
	loaded = kernel_tables_enter(vcpu);
	put_runstate(vcpu);
	kernel_tables_leave(vcpu, loaded);
}

void vcpu_scheduled_in(struct vcpu *vcpu)
{
	uint64_t loaded;

	vcpu_update_time(vcpu);
	if (!vcpu->time_area.va && !vcpu->runstate_area.va)
		return;
	loaded = kernel_tables_enter(vcpu);
	if (vcpu->time_area.va)
		put(vcpu->time_area, 0, &vcpu->info->time, sizeof(vcpu->info->time));
	if (vcpu->runstate_area.va)
		put_runstate(vcpu);
	kernel_tables_leave(vcpu, loaded);
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
	/* What was missed is missed: one event for it, not a run of them. */
	if (period)
		timer_set(&vcpu->periodic, MAX(vcpu->periodic.deadline + period, clock_now()));
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
