/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/timer.c - see timer.h.  Each CPU's timers are a binary heap,
 * the next one first; its lock guards the timers in it.
 */
#include "xen-like/sched/timer.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/heap.h"
#include "xen-like/sched/timer_heap.h"

/* Each CPU starts with room for so many; Enso's own are far fewer than the slack. */
#define TIMERS_AT_FIRST 1024
#define TIMERS_SLACK	(4 * MAX_CPUS)

static struct cpu_timers {
	struct spinlock lock;
	struct timer_heap heap;
	uint64_t armed;	      /* what the clock is set to; ~0: nothing */
	struct timer *firing; /* whose fire() is under way             */
} * timers[MAX_CPUS];

bool timers_prepare_cpu(uint32_t id)
{
	struct cpu_timers *own = heap_new(struct cpu_timers);

	if (!own)
		return false;
	own->lock = SPINLOCK(RANK_TIMER);
	own->heap.capacity = TIMERS_AT_FIRST + TIMERS_SLACK;
	own->heap.timers = heap_new_array(struct timer *, TIMERS_AT_FIRST + TIMERS_SLACK);
	own->armed = ~0ull;
	if (!own->heap.timers)
		return false;
	timers[id] = own;
	return true;
}

static uint32_t reserved;

/* Makes one CPU's heap at least `wanted` long. */
static bool heap_grow(struct cpu_timers *own, uint32_t wanted)
{
	uint32_t capacity = wanted + wanted / 2;
	struct timer **larger, **old;

	if (read_once(own->heap.capacity) >= wanted)
		return true;
	larger = heap_new_array(struct timer *, capacity);
	if (!larger)
		return false;
	spin_lock(&own->lock);
	old = larger;
	if (own->heap.capacity < capacity) {
		old = own->heap.timers;
		memcpy(larger, old, own->heap.count * sizeof(larger[0]));
		own->heap.timers = larger;
		write_once(own->heap.capacity, capacity);
	}
	spin_unlock(&own->lock);
	heap_free(old);
	return true;
}

bool timers_reserve(uint32_t count)
{
	uint32_t wanted = fetch_add(&reserved, count) + count + TIMERS_SLACK;

	for (uint32_t id = 0; id < MAX_CPUS; id++) {
		if (timers[id] && !heap_grow(timers[id], wanted)) {
			timers_release(count);
			return false;
		}
	}
	return true;
}

void timers_release(uint32_t count)
{
	fetch_sub(&reserved, count);
}

void timer_init(struct timer *timer, uint32_t cpu, void (*fire)(void *), void *argument)
{
	*timer = (struct timer){.cpu = cpu, .fire = fire, .argument = argument};
}

/* Locks the heap the timer belongs to, also while it moves. */
static struct cpu_timers *lock_of(struct timer *timer)
{
	for (;;) {
		struct cpu_timers *own = timers[read_once(timer->cpu)];

		spin_lock(&own->lock);
		if (own == timers[read_once(timer->cpu)])
			return own;
		spin_unlock(&own->lock);
	}
}

/* The first deadline may be earlier now: its CPU has to know. */
static void first_changed(struct cpu_timers *own, uint32_t cpu)
{
	uint64_t first = timer_heap_first(&own->heap);

	if (first >= own->armed)
		return;
	if (cpu == this_cpu()->id) {
		own->armed = first;
		clock_arm(first);
	} else {
		cpu_raise(cpu, WORK_TIMER);
	}
}

void timer_set(struct timer *timer, uint64_t deadline)
{
	struct cpu_timers *own = lock_of(timer);

	timer_heap_remove(&own->heap, timer);
	timer->deadline = deadline;
	if (!timer_heap_insert(&own->heap, timer))
		log_error("CPU %u has no room for one more timer\n", timer->cpu);
	first_changed(own, timer->cpu);
	spin_unlock(&own->lock);
}

void timer_stop(struct timer *timer)
{
	struct cpu_timers *own = lock_of(timer);

	timer_heap_remove(&own->heap, timer);
	spin_unlock(&own->lock);
}

void timer_stop_wait(struct timer *timer)
{
	timer_stop(timer);
	for (uint32_t id = 0; id < cpu_count; id++)
		while (load_acquire(&timers[id]->firing) == timer) {
			cpu_pause();
			spin_wait();
		}
}

void timer_migrate(struct timer *timer, uint32_t cpu)
{
	struct cpu_timers *own;
	bool set;

	/* Only its vCPU moves it, so it stays. */
	if (read_once(timer->cpu) == cpu)
		return;
	own = lock_of(timer);
	set = timer->slot != 0;
	timer_heap_remove(&own->heap, timer);
	write_once(timer->cpu, cpu);
	spin_unlock(&own->lock);
	if (set)
		timer_set(timer, timer->deadline);
}

void timers_run(void)
{
	struct cpu_timers *own = timers[this_cpu()->id];

	for (;;) {
		struct timer *timer;

		spin_lock(&own->lock);
		timer = timer_heap_take_due(&own->heap, clock_now());
		if (!timer) {
			own->armed = timer_heap_first(&own->heap);
			clock_arm(own->armed);
			spin_unlock(&own->lock);
			return;
		}
		own->firing = timer;
		spin_unlock(&own->lock);
		timer->fire(timer->argument);
		store_release(&own->firing, NULL);
	}
}
