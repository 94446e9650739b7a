/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/timer_heap.h - timers by deadline.  Pure; the caller locks.
 */
#pragma once

#include "xen-like/sched/timer.h"

struct timer_heap {
	struct timer **timers;
	uint32_t count, capacity;
};

/* False when it is full. */
MUST_CHECK
bool timer_heap_insert(struct timer_heap *heap, struct timer *timer);
/* Nothing when it is not set. */
void timer_heap_remove(struct timer_heap *heap, struct timer *timer);
/* The next deadline; ~0: none. */
uint64_t timer_heap_first(const struct timer_heap *heap);
/* Takes out the first whose deadline is not after `now`; NULL: none. */
struct timer *timer_heap_take_due(struct timer_heap *heap, uint64_t now);
