/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/timer_heap.c - see timer_heap.h.
 */
#include "xen-like/sched/timer_heap.h"

static void place(struct timer_heap *heap, uint32_t at, struct timer *timer)
{
	heap->timers[at] = timer;
	timer->slot = at + 1;
}

static void sift_up(struct timer_heap *heap, uint32_t at, struct timer *timer)
{
	while (at > 0 && timer->deadline < heap->timers[(at - 1) / 2]->deadline) {
		place(heap, at, heap->timers[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(heap, at, timer);
}

static void sift_down(struct timer_heap *heap, uint32_t at, struct timer *timer)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
		    heap->timers[child + 1]->deadline < heap->timers[child]->deadline)
			child++;
		if (heap->timers[child]->deadline >= timer->deadline)
			break;
		place(heap, at, heap->timers[child]);
		at = child;
	}
	place(heap, at, timer);
}

bool timer_heap_insert(struct timer_heap *heap, struct timer *timer)
{
	if (heap->count == heap->capacity)
		return false;
	sift_up(heap, heap->count++, timer);
	return true;
}

void timer_heap_remove(struct timer_heap *heap, struct timer *timer)
{
	uint32_t at = timer->slot - 1;
	struct timer *last;

	if (timer->slot == 0)
		return;
	timer->slot = 0;
	last = heap->timers[--heap->count];
	if (last == timer)
		return;
	if (at > 0 && last->deadline < heap->timers[(at - 1) / 2]->deadline)
		sift_up(heap, at, last);
	else
		sift_down(heap, at, last);
}

uint64_t timer_heap_first(const struct timer_heap *heap)
{
	return heap->count ? heap->timers[0]->deadline : ~0ull;
}

struct timer *timer_heap_take_due(struct timer_heap *heap, uint64_t now)
{
	struct timer *timer = heap->count ? heap->timers[0] : NULL;

	if (!timer || timer->deadline > now)
		return NULL;
	timer_heap_remove(heap, timer);
	return timer;
}
