/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/heap.c - free pages, by buddies: a free block of 2^order frames
 * is linked through the record of its first frame.
 *
 * Two pools: below 4 GiB, which devices and dom0's bounce buffers need, and
 * above.  Room is left for a pool per NUMA node: a pool is a value.
 */
#include "xen-like/mm/heap.h"
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

static struct pool *pool_of(uint64_t number)
{
	return &heap.pools[number >= LOW_LIMIT];
}

static struct frame *record(uint64_t number)
{
	return frame_of(mfn(number));
}

/*
 * A free frame's state: FREE; UNSCRUBBED while it holds what the firmware or
 * the loader left; the first of a block has the block's order where a used one
 * counts, the others INNER.
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

static void block_free(uint64_t number, unsigned int order, uint64_t scrub)
{
	pool_of(number)->free += 1ull << order;
	for (uint64_t i = 0; i < 1ull << order; i++)
		record(number + i)->state = FRAME_FREE | INNER | scrub;
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

/* The frames are the caller's from here: not free, nobody's yet, and zero. */
static void claim(uint64_t number, unsigned int order)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		if (record(number + i)->state & UNSCRUBBED)
			memset(frame_map(mfn(number + i)), 0, PAGE_SIZE);
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
		unsigned int order =
			number ? (unsigned int)__builtin_ctzll(number) : HEAP_MAX_ORDER;

		if (order > HEAP_MAX_ORDER)
			order = HEAP_MAX_ORDER;
		while (number + (1ull << order) > limit)
			order--;
		heap.total += 1ull << order;
		block_free(number, order, UNSCRUBBED);
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
	if (found)
		*first = mfn(number);
	return found;
}

void heap_free_frames(mfn_t first, unsigned int order)
{
	memset(frame_map(first), 0, PAGE_SIZE << order);
	spin_lock(&heap.lock);
	CHECK(!(frame_of(first)->state & FRAME_FREE));
	block_free(first.n, order, 0);
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
