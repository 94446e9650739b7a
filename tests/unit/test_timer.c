// needs: xen-like/sched/timer_heap.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_timer.c - the heap of timers against a plain list.
 */
#include "tests/unit/check.h"
#include "xen-like/sched/timer_heap.h"

#define TIMERS 200

static struct timer timers[TIMERS];
static struct timer *slots[TIMERS];
static struct timer_heap heap;
static uint64_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % bound;
}

static void start(uint32_t capacity)
{
	memset(timers, 0, sizeof(timers));
	heap = (struct timer_heap){.timers = slots, .capacity = capacity};
}

static void check_heap(void)
{
	uint64_t least = ~0ull;
	uint32_t count = 0;

	for (uint32_t i = 0; i < TIMERS; i++) {
		if (!timers[i].slot)
			continue;
		count++;
		least = MIN(least, timers[i].deadline);
		EXPECT(slots[timers[i].slot - 1] == &timers[i]);
	}
	EXPECT_EQUAL(heap.count, count);
	EXPECT(timer_heap_first(&heap) == least);
	for (uint32_t at = 1; at < heap.count; at++)
		EXPECT(slots[(at - 1) / 2]->deadline <= slots[at]->deadline);
}

static void set(struct timer *timer, uint64_t deadline)
{
	timer_heap_remove(&heap, timer);
	timer->deadline = deadline;
	EXPECT(timer_heap_insert(&heap, timer));
}

static void test_random(void)
{
	uint64_t now = 0;

	start(TIMERS);
	for (uint32_t step = 0; step < 20000; step++) {
		struct timer *timer = &timers[random_below(TIMERS)];

		switch (random_below(4)) {
		case 0:
		case 1:
			set(timer, now + random_below(1000));
			break;
		case 2:
			timer_heap_remove(&heap, timer);
			EXPECT_EQUAL(timer->slot, 0);
			break;
		default:
			now += random_below(20);
			while ((timer = timer_heap_take_due(&heap, now)) != NULL) {
				EXPECT(timer->deadline <= now);
				EXPECT_EQUAL(timer->slot, 0);
			}
			EXPECT(timer_heap_first(&heap) > now);
		}
		check_heap();
	}
}

static void test_in_order(void)
{
	uint64_t last = 0;

	start(TIMERS);
	for (uint32_t i = 0; i < TIMERS; i++)
		set(&timers[i], i * 7919 % 131);
	for (uint32_t i = 0; i < TIMERS; i++) {
		struct timer *timer = timer_heap_take_due(&heap, 1000);

		EXPECT(timer && timer->deadline >= last);
		last = timer ? timer->deadline : 0;
	}
	EXPECT(!timer_heap_take_due(&heap, ~0ull));
}

static void test_edges(void)
{
	start(2);
	EXPECT(timer_heap_first(&heap) == ~0ull);
	EXPECT(!timer_heap_take_due(&heap, ~0ull));
	timer_heap_remove(&heap, &timers[0]); /* not set: nothing */
	set(&timers[0], ~0ull);
	set(&timers[1], 0);
	EXPECT(!timer_heap_insert(&heap, &timers[2])); /* full */
	EXPECT_EQUAL(timers[2].slot, 0);
	EXPECT(timer_heap_take_due(&heap, 0) == &timers[1]);
	EXPECT(!timer_heap_take_due(&heap, ~0ull - 1));
	EXPECT(timer_heap_take_due(&heap, ~0ull) == &timers[0]);
	EXPECT_EQUAL(heap.count, 0);
}

/* Set again before it fires: only the last time counts. */
static void test_moved(void)
{
	start(TIMERS);
	set(&timers[0], 10);
	set(&timers[1], 20);
	set(&timers[0], 30);
	EXPECT(!timer_heap_take_due(&heap, 15));
	EXPECT(timer_heap_take_due(&heap, 30) == &timers[1]);
	EXPECT(timer_heap_take_due(&heap, 30) == &timers[0]);
	EXPECT(!timer_heap_take_due(&heap, 30));
}

int main(void)
{
	RUN(test_random);
	RUN(test_in_order);
	RUN(test_edges);
	RUN(test_moved);
	return check_result();
}
