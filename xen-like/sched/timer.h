/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/timer.h - things to do at a time, one heap for each CPU.
 *
 * The heap is pure (`struct timer_heap`, host-tested); timers_* act.  Times are
 * clock_now() nanoseconds.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/spinlock.h"

struct timer {
	uint64_t deadline;
	void (*fire)(void *argument);
	void *argument;
	uint32_t cpu;  /* whose heap; where it fires */
	uint32_t slot; /* place in the heap + 1; 0: not set */
};

/* Before first use.  It will fire on CPU `cpu` with interrupts off and no lock held. */
void timer_init(struct timer *timer, uint32_t cpu, void (*fire)(void *), void *argument);
/* Sets or moves it; a past deadline fires at once (soon).  Any CPU may call. */
void timer_set(struct timer *timer, uint64_t deadline);
/* After this it does not fire (it may be firing on another CPU just now). */
void timer_stop(struct timer *timer);
/*
 * After this it does not fire, nor is it firing.  The caller holds no lock that
 * fire() takes, and fire() sets it no more.
 */
void timer_stop_wait(struct timer *timer);
/* Moves it to another CPU's heap, set or not. */
void timer_migrate(struct timer *timer, uint32_t cpu);
/*
 * Room on every CPU for `count` timers more, before they are first set; false:
 * no memory.  timers_release() when they are gone.
 */
MUST_CHECK
bool timers_reserve(uint32_t count);
void timers_release(uint32_t count);
/* WORK_TIMER: fires what is due on this CPU and arms the clock for the next. */
void timers_run(void);
/* Makes room for CPU `id`; false when out of memory. */
MUST_CHECK
bool timers_prepare_cpu(uint32_t id);
