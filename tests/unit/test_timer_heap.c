// needs: xen-like/sched/timer_heap.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_timer_heap.c - random insertions, removals and due times
 * against a plain search of all timers.
 */
#include <stdlib.h>

#include "tests/unit/check.h"
#include "xen-like/sched/timer_heap.h"

#define TIMERS 40
#define ROOM   32

static struct timer timers[TIMERS];
static struct timer *slots[ROOM];
static struct timer_heap heap;

static void reset(void)
{
	memset(timers, 0, sizeof(timers));
	heap = (struct timer_heap){.timers = slots, .capacity = ROOM};
}

static unsigned int count_set(void)
{
	unsigned int set = 0;

	for (unsigned int i = 0; i < TIMERS; i++)
		set += timers[i].slot != 0;
	return set;
}

static uint64_t model_first(void)
{
	uint64_t first = ~0ull;

	for (unsigned int i = 0; i < TIMERS; i++) {
		if (timers[i].slot && timers[i].deadline < first)
			first = timers[i].deadline;
	}
	return first;
}

static void check_heap(void)
{
	EXPECT_EQUAL(heap.count, count_set());
	EXPECT_EQUAL(timer_heap_first(&heap), model_first());
	for (uint32_t i = 0; i < heap.count; i++)
		EXPECT_EQUAL(slots[i]->slot, i + 1);
}

static void step(void)
{
	struct timer *timer = &timers[rand() % TIMERS], *due;
	uint64_t first = model_first(), now = (uint64_t)(rand() % 60);

	switch (rand() % 3) {
	case 0:
		if (timer->slot)
			break;
		timer->deadline = rand() % 16 ? (uint64_t)(rand() % 50) : ~0ull - 1;
		EXPECT_EQUAL(timer_heap_insert(&heap, timer),
			     count_set() - (timer->slot != 0) < ROOM);
		break;
	case 1:
		timer_heap_remove(&heap, timer); /* set or not */
		EXPECT_EQUAL(timer->slot, 0);
		break;
	default:
		if (rand() % 4)
			break;
		due = timer_heap_take_due(&heap, now);
		EXPECT_EQUAL(due != NULL, first <= now);
		if (due) {
			EXPECT_EQUAL(due->deadline, first);
			EXPECT_EQUAL(due->slot, 0);
		}
	}
	check_heap();
}

static void test_timer_heap_random(void)
{
	srand(1);
	reset();
	for (unsigned int i = 0; i < 300000; i++)
		step();
}

static void test_timer_heap_full(void)
{
	reset();
	for (unsigned int i = 0; i < ROOM; i++)
		EXPECT(timer_heap_insert(&heap, &timers[i]));
	EXPECT(!timer_heap_insert(&heap, &timers[ROOM]));
	EXPECT_EQUAL(timers[ROOM].slot, 0);
	check_heap();
}

static void test_timer_heap_in_order(void)
{
	uint64_t last = 0;
	unsigned int taken = 0;

	reset();
	for (unsigned int i = 0; i < ROOM; i++) {
		timers[i].deadline = (i * 37) % 32;
		EXPECT(timer_heap_insert(&heap, &timers[i]));
	}
	for (struct timer *timer; (timer = timer_heap_take_due(&heap, ~0ull)); taken++) {
		EXPECT(timer->deadline >= last);
		last = timer->deadline;
	}
	EXPECT_EQUAL(taken, ROOM);
	EXPECT(timer_heap_first(&heap) == ~0ull);
}

int main(void)
{
	RUN(test_timer_heap_random);
	RUN(test_timer_heap_full);
	RUN(test_timer_heap_in_order);
	return check_result();
}
