// needs: xen-like/mm/heap.c xen-like/mm/objects.c
// libs: -DFRAME_TABLE_START=0x210000000000 -DDIRECT_MAP_START=0x220000000000 -DM2P_START=0
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_heap.c - pages taken, written full, given back and scrubbed
 * in a random order, around 4 GiB: what comes out of the heap is zero, nobody
 * else's, and all of it goes back.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/unit/check.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/console.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/heap.h"

#define FOUR_GIB (1ull << 20) /* frames */
#define EACH	 4096ull      /* frames on either side of it */
#define FIRST	 (FOUR_GIB - EACH)
#define LIMIT	 (FOUR_GIB + EACH)
#define HOLDINGS 64
#define STEPS	 60000

uint64_t frame_limit = LIMIT;

/* What the heap needs of the rest of Enso. */

void spin_wait(void)
{
}

void panic(const char *format, ...)
{
	printf("FAIL heap_panic: %s\n", format);
	exit(1);
}

void frame_assign(mfn_t first, unsigned int order, domid_t owner)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		struct frame *frame = frame_of(mfn_add(first, i));

		frame->owner = owner;
		frame->progress = 0;
		frame->link = 0;
		frame->state = FRAME_ALLOCATED | 1;
	}
}

void frame_give_up(mfn_t number)
{
	frame_of(number)->state = 0;
	heap_free_frames(number, 0);
}

/* Who holds what --------------------------------------------------------------- */

static struct holding {
	uint64_t first;
	unsigned int order;
	bool used;
} held[HOLDINGS];

static uint64_t held_pages;
static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

static void map_at(uint64_t at, uint64_t bytes)
{
	void *mapped =
		mmap((void *)at, bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (mapped != (void *)at) {
		printf("FAIL heap_memory: cannot map\n");
		exit(1);
	}
}

static bool overlaps(uint64_t first, unsigned int order)
{
	for (unsigned int i = 0; i < HOLDINGS; i++)
		if (held[i].used && first < held[i].first + (1ull << held[i].order) &&
		    held[i].first < first + (1ull << order))
			return true;
	return false;
}

static bool all_zero(uint64_t first, uint64_t pages)
{
	const uint64_t *words = frame_map(mfn(first));

	for (uint64_t i = 0; i < pages * PAGE_SIZE / 8; i++)
		if (words[i] != 0)
			return false;
	return true;
}

/* As an owner leaves it: nothing of this may be seen again. */
static void write_full(uint64_t first, uint64_t pages)
{
	memset(frame_map(mfn(first)), 0xa5, pages * PAGE_SIZE);
}

static void take(struct holding *holding)
{
	unsigned int bits = random_below(4) ? 0 : 32;
	uint64_t before = heap_free_count();
	mfn_t first;

	holding->order = random_below(8);
	if (!heap_alloc_frames(holding->order, bits, &first)) {
		EXPECT_EQUAL(heap_free_count(), before);
		return;
	}
	EXPECT(first.n >= FIRST && first.n + (1ull << holding->order) <= LIMIT);
	EXPECT(first.n % (1ull << holding->order) == 0);
	EXPECT(bits == 0 || first.n < FOUR_GIB);
	EXPECT(!overlaps(first.n, holding->order));
	EXPECT(all_zero(first.n, 1ull << holding->order));
	EXPECT(frame_of(first)->state == 0);
	EXPECT_EQUAL(heap_free_count(), before - (1ull << holding->order));
	holding->first = first.n;
	holding->used = true;
	held_pages += 1ull << holding->order;
	frame_assign(first, holding->order, 7);
	write_full(first.n, 1ull << holding->order);
}

/* Whole, or as a domain's end does it: in runs of any length, or page by page. */
static void give_back(struct holding *holding)
{
	uint64_t pages = 1ull << holding->order, cut = random_below((uint32_t)pages + 1);

	for (uint64_t i = 0; i < pages; i++)
		frame_of(mfn(holding->first + i))->state = 0;
	switch (random_below(3)) {
	case 0:
		heap_free_frames(mfn(holding->first), holding->order);
		break;
	case 1:
		heap_free_run(mfn(holding->first), cut);
		heap_free_run(mfn(holding->first + cut), pages - cut);
		break;
	default:
		for (uint64_t i = 0; i < pages; i++)
			heap_free_frames(mfn(holding->first + i), 0);
	}
	holding->used = false;
	held_pages -= pages;
}

static bool free_pages_clean(void)
{
	for (uint64_t i = FIRST; i < LIMIT; i++)
		if ((frame_of(mfn(i))->state & FRAME_FREE) && !heap_frame_is_clean(mfn(i)))
			return false;
	return true;
}

static void scrub_all(void)
{
	while (heap_scrub_some())
		;
}

/* Tests ---------------------------------------------------------------------------- */

static void test_heap_random_history(void)
{
	uint64_t total = heap_free_count();

	for (unsigned int step = 0; step < STEPS && !check_state.failed; step++) {
		struct holding *holding = &held[random_below(HOLDINGS)];

		if (random_below(3) == 0)
			for (uint32_t i = random_below(200); i > 0; i--)
				(void)heap_scrub_some();
		else if (holding->used)
			give_back(holding);
		else
			take(holding);
		EXPECT_EQUAL(heap_free_count() + held_pages, total);
		if (step % 4096 == 0)
			EXPECT(free_pages_clean());
	}
	for (unsigned int i = 0; i < HOLDINGS; i++)
		if (held[i].used)
			give_back(&held[i]);
	EXPECT_EQUAL(heap_free_count(), total);
}

/* Everything a domain wrote is gone as soon as there was time for it. */
static void test_heap_idle_time_scrubs(void)
{
	mfn_t frames[100];

	scrub_all();
	for (unsigned int i = 0; i < 100; i++) {
		EXPECT(heap_alloc_frames(0, 0, &frames[i]));
		write_full(frames[i].n, 1);
	}
	for (unsigned int i = 0; i < 100; i++)
		heap_free_frames(frames[i], 0);
	for (unsigned int i = 0; i < 100; i++)
		EXPECT(!all_zero(frames[i].n, 1));
	scrub_all();
	for (unsigned int i = 0; i < 100; i++)
		EXPECT(all_zero(frames[i].n, 1));
	EXPECT(!heap_scrub_some());
}

/* A portion is a page: an idle CPU is not kept from what it waits for. */
static void test_heap_scrubs_in_small_portions(void)
{
	unsigned int portions = 0;
	mfn_t first;

	scrub_all();
	EXPECT(heap_alloc_frames(7, 0, &first));
	write_full(first.n, 128);
	heap_free_frames(first, 7);
	for (unsigned int dirty = 128; heap_scrub_some() && !check_state.failed; portions++) {
		unsigned int now = 0;

		for (unsigned int i = 0; i < 128; i++)
			now += !all_zero(first.n + i, 1);
		EXPECT(now == dirty || now == dirty - 1);
		dirty = now;
	}
	EXPECT(portions >= 128 && portions < 300);
	EXPECT(all_zero(first.n, 128));
}

/* Pages given back behind the one that is being looked at are found all the same. */
static void test_heap_freed_behind_the_scrubber(void)
{
	mfn_t first;

	scrub_all();
	EXPECT(heap_alloc_frames(7, 0, &first));
	write_full(first.n, 128);
	heap_free_run(mfn_add(first, 64), 64);
	for (unsigned int i = 0; i < 40; i++)
		EXPECT(heap_scrub_some());
	heap_free_run(first, 64);
	scrub_all();
	EXPECT(all_zero(first.n, 128));
}

static void test_heap_objects(void)
{
	static void *objects[3000];
	uint64_t free = heap_free_count(), count = heap_object_count();

	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 3000; i++) {
			size_t bytes = 1 + random_below(i % 100 ? 1024 : 9000);
			const char *object = objects[i] = heap_alloc(bytes);

			EXPECT(object != NULL);
			for (size_t at = 0; object && at < bytes; at++)
				EXPECT(object[at] == 0);
			if (object)
				memset(objects[i], 0x5a, bytes);
		}
		EXPECT_EQUAL(heap_object_count(), count + 3000);
		for (unsigned int i = 3000; i > 1; i--) {
			unsigned int other = random_below(i);
			void *moved = objects[other];

			objects[other] = objects[i - 1];
			objects[i - 1] = moved;
		}
		for (unsigned int i = 0; i < 3000; i++)
			heap_free(objects[i]);
		EXPECT_EQUAL(heap_object_count(), count);
		/* All of it: a soak counts the free pages of the machine. */
		EXPECT_EQUAL(heap_free_count(), free);
	}
}

static void test_heap_too_much(void)
{
	uint64_t free = heap_free_count();
	mfn_t first;

	EXPECT(!heap_alloc_frames(HEAP_MAX_ORDER, 0, &first));
	EXPECT(!heap_alloc_frames(HEAP_MAX_ORDER + 1, 0, &first));
	EXPECT(!heap_alloc_frames(0, 12, &first));
	EXPECT(heap_alloc(PAGE_SIZE * LIMIT) == NULL);
	EXPECT_EQUAL(heap_free_count(), free);
}

int main(void)
{
	map_at(FRAME_TABLE_START, LIMIT * sizeof(struct frame));
	map_at(DIRECT_MAP_START + (FIRST << PAGE_SHIFT), (LIMIT - FIRST) << PAGE_SHIFT);
	for (uint64_t i = 0; i < LIMIT; i++)
		frame_of(mfn(i))->state = FRAME_RESERVED;
	/* What a loader leaves is as foreign as what a domain leaves. */
	write_full(FIRST, 2 * EACH);
	heap_add(maddr(FIRST << PAGE_SHIFT), maddr(LIMIT << PAGE_SHIFT));
	if (!heap_start_scrubbing())
		return 1;
	RUN(test_heap_random_history);
	RUN(test_heap_idle_time_scrubs);
	RUN(test_heap_scrubs_in_small_portions);
	RUN(test_heap_freed_behind_the_scrubber);
	RUN(test_heap_objects);
	RUN(test_heap_too_much);
	return check_result();
}
