/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/heap.c - free pages, by buddies: a free block of 2^order frames
 * is linked through the record of its first frame.
 *
 * Two pools: below 4 GiB, which devices and dom0's bounce buffers need, and
 * above.  Room is left for a pool per NUMA node: a pool is a value.
 *
 * A freed page still holds what its owner wrote.  It is UNSCRUBBED until a CPU
 * that has nothing else to do writes zeros over it, or until it is taken: the
 * only ways out of the heap lead through scrub().  docs/adr/scrubbing.md.
 */
#include "xen-like/mm/heap.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/frame.h"

#define LOW_LIMIT  (1ull << (32 - PAGE_SHIFT)) /* first frame at 4 GiB */
#define NONE	   UINT32_MAX
#define POOL_COUNT 2

struct pool {
	uint32_t first[HEAP_MAX_ORDER + 1]; /* free blocks of each order */
	uint64_t free;
};

static struct {
	struct spinlock lock;
	struct pool pools[POOL_COUNT];
	uint64_t total;
	bool ready;
} heap = {.lock = SPINLOCK(RANK_HEAP)};

/*
 * Where freed pages wait for zeros: a bit for each region of frames in which
 * there may be one.  What the firmware or the loader left is not among them:
 * zeros over all memory of the host would be written for nobody.  By heap.lock.
 */
#define SCRUB_REGION 512u /* frames */
#define RECORDS_READ 64u  /* at a time, in search of a page */

static struct {
	uint64_t *regions; /* NULL until heap_start_scrubbing() */
	uint64_t count;	   /* of regions */
	uint64_t waiting;  /* bits set */
	uint64_t next;	   /* frame to look at next */
	bool inside;	   /* ... in a region begun, whose bit is clear */
	uint32_t busy;	   /* a CPU is at it; the others may sleep */
} scrubbing;

static struct pool *pool_of(uint64_t number)
{
	return &heap.pools[number >= LOW_LIMIT];
}

static struct frame *record(uint64_t number)
{
	return frame_of(mfn(number));
}

/*
 * A free frame's state: FREE; UNSCRUBBED while it holds what its last owner,
 * the firmware or the loader left; the first of a block has the block's order
 * where a used one counts, the others INNER.
 */
#define INNER	   FRAME_VALIDATED
#define UNSCRUBBED FRAME_PARTIAL

static uint64_t head_state(unsigned int order)
{
	return FRAME_FREE | (uint64_t)order << FRAME_USE_SHIFT;
}

static bool is_free_block(uint64_t number, unsigned int order)
{
	return number < frame_limit && (record(number)->state & ~UNSCRUBBED) == head_state(order);
}

static void make_head(uint64_t number, unsigned int order)
{
	record(number)->state = head_state(order) | (record(number)->state & UNSCRUBBED);
}

static void make_inner(uint64_t number)
{
	record(number)->state = FRAME_FREE | INNER | (record(number)->state & UNSCRUBBED);
}

static void block_insert(uint64_t number, unsigned int order)
{
	struct pool *pool = pool_of(number);
	struct frame *frame = record(number);

	make_head(number, order);
	frame->previous = NONE;
	frame->next = pool->first[order];
	if (frame->next != NONE)
		record(frame->next)->previous = (uint32_t)number;
	pool->first[order] = (uint32_t)number;
}

static void block_remove(uint64_t number, unsigned int order)
{
	struct frame *frame = record(number);

	if (frame->previous != NONE)
		record(frame->previous)->next = frame->next;
	else
		pool_of(number)->first[order] = frame->next;
	if (frame->next != NONE)
		record(frame->next)->previous = frame->previous;
}

/* Of the largest block that may begin at `number` and ends by `limit`. */
static unsigned int order_at(uint64_t number, uint64_t limit)
{
	unsigned int order = number ? (unsigned int)__builtin_ctzll(number) : HEAP_MAX_ORDER;

	if (order > HEAP_MAX_ORDER)
		order = HEAP_MAX_ORDER;
	while (number + (1ull << order) > limit)
		order--;
	return order;
}

static void block_free(uint64_t number, unsigned int order)
{
	pool_of(number)->free += 1ull << order;
	for (uint64_t i = 0; i < 1ull << order; i++)
		record(number + i)->state = FRAME_FREE | INNER | UNSCRUBBED;
	while (order < HEAP_MAX_ORDER) {
		uint64_t buddy = number ^ (1ull << order);

		if (!is_free_block(buddy, order) || pool_of(buddy) != pool_of(number))
			break;
		block_remove(buddy, order);
		make_inner(buddy);
		make_inner(number);
		number &= ~(1ull << order);
		order++;
	}
	block_insert(number, order);
}

/* Splits the block at `number` down to `wanted`, keeping its first part. */
static void block_split(uint64_t number, unsigned int order, unsigned int wanted)
{
	while (order > wanted) {
		order--;
		block_insert(number + (1ull << order), order);
	}
}

static void scrub(uint64_t number)
{
	memset(frame_map(mfn(number)), 0, PAGE_SIZE);
}

/* Out of the heap, under its lock: not free, nobody's yet; what it held is still in it. */
static void claim(uint64_t number, unsigned int order)
{
	for (uint64_t i = 0; i < 1ull << order; i++)
		record(number + i)->state &= UNSCRUBBED;
}

/* The rest of it, without the lock: the frames are the caller's, and zero. */
static void claim_scrubbed(uint64_t number, unsigned int order)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		if (record(number + i)->state & UNSCRUBBED)
			scrub(number + i);
		record(number + i)->state = 0;
	}
}

static bool pool_take(struct pool *pool, unsigned int order, uint64_t limit, uint64_t *number)
{
	for (unsigned int have = order; have <= HEAP_MAX_ORDER; have++) {
		for (uint32_t at = pool->first[have]; at != NONE; at = record(at)->next) {
			if (at + (1ull << order) > limit)
				continue;
			block_remove(at, have);
			block_split(at, have, order);
			pool->free -= 1ull << order;
			claim(at, order);
			*number = at;
			return true;
		}
	}
	return false;
}

static void heap_prepare(void)
{
	if (heap.ready)
		return;
	for (unsigned int i = 0; i < POOL_COUNT; i++)
		for (unsigned int order = 0; order <= HEAP_MAX_ORDER; order++)
			heap.pools[i].first[order] = NONE;
	heap.ready = true;
}

void heap_add(maddr_t start, maddr_t end)
{
	uint64_t number = (start.n + PAGE_SIZE - 1) >> PAGE_SHIFT;
	uint64_t limit = end.n >> PAGE_SHIFT;

	spin_lock(&heap.lock);
	heap_prepare();
	while (number < limit) {
		unsigned int order = order_at(number, limit);

		heap.total += 1ull << order;
		block_free(number, order);
		number += 1ull << order;
	}
	spin_unlock(&heap.lock);
}

bool heap_alloc_frames(unsigned int order, unsigned int address_bits, mfn_t *first)
{
	uint64_t limit = ~0ull, number;
	bool found;

	if (order > HEAP_MAX_ORDER)
		return false;
	if (address_bits && address_bits < 64)
		limit = address_bits > PAGE_SHIFT ? 1ull << (address_bits - PAGE_SHIFT) : 0;

	spin_lock(&heap.lock);
	found = (limit > LOW_LIMIT && pool_take(&heap.pools[1], order, limit, &number)) ||
		pool_take(&heap.pools[0], order, limit, &number);
	spin_unlock(&heap.lock);
	if (!found)
		return false;
	claim_scrubbed(number, order);
	*first = mfn(number);
	return true;
}

/* Scrubbing ------------------------------------------------------------------ */

static void region_wait(uint64_t region)
{
	uint64_t *word = &scrubbing.regions[region / 64], bit = 1ull << (region % 64);

	scrubbing.waiting += !(*word & bit);
	*word |= bit;
}

static void frames_wait(uint64_t number, unsigned int order)
{
	uint64_t last = number + (1ull << order) - 1;

	if (!scrubbing.regions)
		return;
	for (uint64_t i = number / SCRUB_REGION; i <= last / SCRUB_REGION; i++)
		region_wait(i);
}

/* Goes on to the next region in which pages may wait; the last one is done. */
static bool region_begin(void)
{
	uint64_t region;

	if (scrubbing.waiting == 0)
		return false;
	region = bit_next(scrubbing.regions, scrubbing.count, scrubbing.next / SCRUB_REGION);
	if (region >= scrubbing.count)
		region = bit_next(scrubbing.regions, scrubbing.count, 0);
	CHECK(region < scrubbing.count);
	/* First the bit: what is freed in the region from here on sets it again. */
	scrubbing.regions[region / 64] &= ~(1ull << (region % 64));
	scrubbing.waiting--;
	scrubbing.next = region * SCRUB_REGION;
	scrubbing.inside = true;
	return true;
}

/* At most one page and RECORDS_READ records. */
static void scrub_a_little(void)
{
	for (unsigned int i = 0; scrubbing.inside && i < RECORDS_READ; i++) {
		uint64_t number = scrubbing.next++;
		uint64_t state = number < frame_limit ? record(number)->state : 0;

		scrubbing.inside = scrubbing.next % SCRUB_REGION != 0;
		if ((state & (FRAME_FREE | UNSCRUBBED)) != (FRAME_FREE | UNSCRUBBED))
			continue;
		scrub(number);
		record(number)->state &= ~UNSCRUBBED;
		return;
	}
}

bool heap_scrub_some(void)
{
	bool more;

	/* Read without the lock: who frees pages meanwhile is not idle either. */
	if (read_once(scrubbing.waiting) == 0 && !read_once(scrubbing.inside))
		return false;
	if (exchange(&scrubbing.busy, 1u))
		return false;
	spin_lock(&heap.lock);
	more = scrubbing.inside || region_begin();
	if (more)
		scrub_a_little();
	spin_unlock(&heap.lock);
	store_release(&scrubbing.busy, 0u);
	return more;
}

bool heap_start_scrubbing(void)
{
	uint64_t count = (frame_limit + SCRUB_REGION - 1) / SCRUB_REGION;
	uint64_t *regions = heap_new_array(uint64_t, BITMAP_WORDS(count));

	if (!regions)
		return false;
	spin_lock(&heap.lock);
	scrubbing.count = count;
	scrubbing.regions = regions;
	spin_unlock(&heap.lock);
	return true;
}

bool heap_frame_is_clean(mfn_t number)
{
	const uint64_t *words = frame_map(number);

	if (frame_of(number)->state & UNSCRUBBED)
		return true;
	for (size_t i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		if (words[i] != 0)
			return false;
	return true;
}

void heap_free_frames(mfn_t first, unsigned int order)
{
	spin_lock(&heap.lock);
	CHECK(!(frame_of(first)->state & FRAME_FREE));
	block_free(first.n, order);
	frames_wait(first.n, order);
	spin_unlock(&heap.lock);
}

void heap_free_run(mfn_t first, uint64_t count)
{
	uint64_t number = first.n, limit = first.n + count;

	spin_lock(&heap.lock);
	while (number < limit) {
		unsigned int order = order_at(number, limit);

		CHECK(!(record(number)->state & FRAME_FREE));
		block_free(number, order);
		frames_wait(number, order);
		number += 1ull << order;
	}
	spin_unlock(&heap.lock);
}

void *heap_alloc_pages(unsigned int order)
{
	mfn_t first;

	if (!heap_alloc_frames(order, 0, &first))
		return NULL;
	frame_assign(first, order, DOMID_XEN);
	return frame_map(first);
}

void heap_free_pages(void *pages, unsigned int order)
{
	if (!pages)
		return;
	/* By reference: a guest's frame_get() of a number it guessed may hold one for a moment. */
	for (uint64_t i = 0; i < 1ull << order; i++)
		frame_give_up(mfn_add(frame_of_mapped(pages), i));
}

uint64_t heap_free_count(void)
{
	return heap.pools[0].free + heap.pools[1].free;
}

uint64_t heap_total_count(void)
{
	return heap.total;
}

uint64_t heap_free_below_4g(void)
{
	return heap.pools[0].free;
}
