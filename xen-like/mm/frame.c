/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/frame.c - references to pages and the m2p table.  What a page
 * may be used for is page_type.c's; where free pages wait is heap.c's.
 */
#include "xen-like/mm/frame.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"

uint64_t frame_limit;

/* More references to a page that has some, and all the flags `needed`. */
static inline bool reference_take(mfn_t number, uint64_t needed, uint32_t times)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	do {
		uint64_t references = frame_references(state);

		if (references == 0 || references >= FRAME_COUNT_MAX - FRAME_TAKE_MAX)
			return false;
		if ((state & (FRAME_FREE | FRAME_RESERVED)) || (state & needed) != needed)
			return false;
	} while (!cmpxchg(&frame->state, &state, state + times));
	return true;
}

bool frame_get_again(mfn_t number, uint32_t times)
{
	return reference_take(number, 0, times);
}

static inline bool get(mfn_t number, domid_t owner, uint32_t times)
{
	if (number.n >= frame_limit)
		return false;
	number = frame_nospec(number);
	/* A page its owner has given up is nobody's to take again. */
	if (!reference_take(number, FRAME_ALLOCATED, times))
		return false;
	/* With a reference held the owner cannot change under us. */
	if (likely(read_once(frame_of(number)->owner) == owner))
		return true;
	frame_put_some(number, times);
	return false;
}

bool frame_get(mfn_t number, domid_t owner)
{
	return get(number, owner, 1);
}

bool frame_get_some(mfn_t number, domid_t owner, uint32_t times)
{
	return get(number, owner, times);
}

/* The last reference is gone: out of its owner's hands, into the heap. */
static void frame_release(mfn_t number)
{
	struct frame *frame = frame_of(number);
	struct domain *owner = domain_of_frame(frame);

	CHECK(frame_uses(frame->state) == 0);
	m2p_set(number, M2P_INVALID);
	heap_free_frames(number, 0);
	if (owner)
		domain_uncharge_pages(owner, 1);
}

static inline void put(mfn_t number, uint32_t times)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	do {
		CHECK(frame_references(state) >= times);
	} while (!cmpxchg(&frame->state, &state, state - times));
	if (unlikely(frame_references(state) == times))
		frame_release(number);
}

void frame_put(mfn_t number)
{
	put(number, 1);
}

void frame_put_some(mfn_t number, uint32_t times)
{
	put(number, times);
}

/* Where domain_destroy() will have to look. */
static void mark_regions(uint64_t *regions, mfn_t first, unsigned int order)
{
	uint64_t last = first.n + (1ull << order) - 1;

	for (uint64_t i = first.n / REGION_FRAMES; i <= last / REGION_FRAMES; i++)
		if (!bit_test(regions, i))
			bit_set(regions, i);
}

void frame_assign(mfn_t first, unsigned int order, domid_t owner)
{
	const struct domain *domain = domain_of_frame(&(struct frame){.owner = owner});

	if (domain)
		mark_regions(domain->regions, first, order);
	for (uint64_t i = 0; i < 1ull << order; i++) {
		struct frame *frame = frame_of(mfn_add(first, i));

		frame->owner = owner;
		frame->progress = 0;
		frame->link = 0;
		store_release(&frame->state, FRAME_ALLOCATED | 1);
	}
}

bool frame_disown(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	do {
		/* Only the owner's reference and the caller's may be left, and no use. */
		if (!(state & FRAME_ALLOCATED) || frame_references(state) != 2 ||
		    frame_uses(state) != 0 || (state & (FRAME_PARTIAL | FRAME_PINNED)))
			return false;
	} while (!cmpxchg(&frame->state, &state, (state - 1) & ~FRAME_ALLOCATED));
	return true;
}

bool frame_take(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	do {
		/* As for frame_disown(); nobody can find it when it has no reference. */
		if ((state & ~FRAME_TYPE_MASK) != (FRAME_ALLOCATED | 2))
			return false;
	} while (!cmpxchg(&frame->state, &state, 0ull));
	return true;
}

void frame_give_up(mfn_t number)
{
	if (fetch_and(&frame_of(number)->state, ~FRAME_ALLOCATED) & FRAME_ALLOCATED)
		frame_put(number);
}

void frame_own_again(mfn_t number)
{
	CHECK(!(fetch_or(&frame_of(number)->state, FRAME_ALLOCATED) & FRAME_ALLOCATED));
}

void m2p_set(mfn_t frame, uint64_t guest_number)
{
	if (frame.n < frame_limit)
		write_once(((uint64_t *)M2P_WRITABLE_START)[frame.n], guest_number);
}

uint64_t m2p_get(mfn_t frame)
{
	if (frame.n >= frame_limit)
		return M2P_INVALID;
	return read_once(((uint64_t *)M2P_START)[frame_nospec(frame).n]);
}
