/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/page_writable.c - uses of pages as writable memory: what nearly
 * every page is all its life, and what an L1's entry takes.  One exchange each, no
 * lock; the types that have rules of their own are page_type.c's.
 */
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/pte.h"
#include "xen-like/pv/pv.h"

int page_writable_get(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state), next;

	do {
		if (frame_type(state) == FRAME_WRITABLE && frame_uses(state) > 0) {
			if (frame_uses(state) == FRAME_COUNT_MAX)
				return -XEN_EBUSY;
			next = state + FRAME_USE_ONE;
		} else {
			if (frame_uses(state) > 0 || (state & FRAME_PARTIAL))
				return -XEN_EBUSY;
			next = state_with_type(state, FRAME_WRITABLE) + FRAME_USE_ONE;
		}
	} while (!cmpxchg(&frame->state, &state, next));
	return 0;
}

/* Remembers when the page was last writable: becoming a table asks. */
static void stamp(struct frame *frame)
{
	const struct domain *owner = domain_of_frame(frame);

	if (owner)
		write_once(frame->progress, read_once(owner->flush_epoch));
}

void page_writable_put(mfn_t number)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	if (frame_uses(state) == 1)
		stamp(frame);
	do {
		CHECK(frame_type(state) == FRAME_WRITABLE && frame_uses(state) > 0);
		if (frame_uses(state) == 1)
			stamp(frame);
	} while (!cmpxchg(&frame->state, &state, state - FRAME_USE_ONE));
}

/* Its page changed hands meanwhile: what has been taken is to be let go again. */
#define TAKEN_OF_OTHER 1

/* What `state` becomes with so many more references and uses as writable page. */
static inline int add_both(uint64_t state, uint32_t times, uint64_t *next)
{
	uint64_t references = frame_references(state), uses = frame_uses(state);

	if (references == 0 || references >= FRAME_COUNT_MAX - FRAME_TAKE_MAX)
		return -XEN_EINVAL;
	*next = state + times * (FRAME_USE_ONE + 1);
	if (uses == 0) {
		if (state & FRAME_PARTIAL)
			return -XEN_EBUSY;
		*next = state_with_type(*next, FRAME_WRITABLE);
	} else if (frame_type(state) != FRAME_WRITABLE || uses > FRAME_COUNT_MAX - FRAME_TAKE_MAX) {
		return -XEN_EBUSY;
	}
	return 0;
}

static inline int take(mfn_t number, domid_t owner, uint32_t times)
{
	const uint64_t alive = FRAME_ALLOCATED | FRAME_FREE | FRAME_RESERVED;
	struct frame *frame;
	uint64_t state, next;
	int rc;

	/* Looked at before, so that another's page is left alone, and after, when it stays. */
	if (number.n >= frame_limit)
		return -XEN_EINVAL;
	frame = frame_of(frame_nospec(number));
	if (read_once(frame->owner) != owner)
		return -XEN_EINVAL;
	state = read_once(frame->state);
	do {
		if ((state & alive) != FRAME_ALLOCATED)
			return -XEN_EINVAL;
		rc = add_both(state, times, &next);
		if (rc != 0)
			return rc;
	} while (!cmpxchg(&frame->state, &state, next));
	return likely(read_once(frame->owner) == owner) ? 0 : TAKEN_OF_OTHER;
}

int page_writable_take(mfn_t number, domid_t owner, uint32_t times)
{
	int rc = take(number, owner, times);

	if (likely(rc != TAKEN_OF_OTHER))
		return rc;
	page_writable_release(number, times);
	return -XEN_EINVAL;
}

bool page_writable_take_again(mfn_t number, uint32_t times)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state), next;

	do {
		if (add_both(state, times, &next) != 0)
			return false;
	} while (!cmpxchg(&frame->state, &state, next));
	return true;
}

/* False, and nothing has changed: the last reference would go. */
static inline bool drop(struct frame *frame, uint32_t times)
{
	uint64_t state = read_once(frame->state);

	do {
		CHECK(frame_type(state) == FRAME_WRITABLE && frame_uses(state) >= times);
		if (frame_references(state) == times)
			return false;
		if (frame_uses(state) == times)
			stamp(frame);
	} while (!cmpxchg(&frame->state, &state, state - times * (FRAME_USE_ONE + 1)));
	return true;
}

static NOINLINE void release_last(mfn_t number, uint32_t times)
{
	if (drop(frame_of(number), times))
		return;
	for (; times > 0; times--) {
		page_writable_put(number);
		frame_put(number);
	}
}

void page_writable_release(mfn_t number, uint32_t times)
{
	struct frame *frame = frame_of(number);
	uint64_t state = read_once(frame->state);

	/* Of most, some remain. */
	if (likely(frame_type(state) == FRAME_WRITABLE && frame_uses(state) > times &&
		   frame_references(state) > times &&
		   cmpxchg(&frame->state, &state, state - times * (FRAME_USE_ONE + 1))))
		return;
	release_last(number, times);
}

/* Entries of L1s ---------------------------------------------------------- */

/* Of an entry that is not as most are, and of one whose page could not be taken. */
static NOINLINE struct entry_taken leaf_get_other(struct pages_locked locked, uint64_t wanted,
						  const struct domain *foreign)
{
	struct entry_taken taken = page_entry_check(locked.domain, 1, wanted);
	mfn_t frame = pte_frame(wanted);

	if (taken.rc != 0 || !(wanted & PTE_PRESENT))
		return taken;
	if (wanted & PTE_WRITE)
		taken.rc = page_writable_take(frame, foreign->id, 1);
	else
		taken.rc = frame_get(frame, foreign->id) ? 0 : -XEN_EINVAL;
	/* Neither takes what is no RAM. */
	if (taken.rc == -XEN_EINVAL && !frame_is_ram(frame))
		taken.rc = iomem_permitted(locked.domain, frame) ? 0 : -XEN_EPERM;
	return taken;
}

static NOINLINE struct entry_taken leaf_get_again(struct pages_locked locked, uint64_t wanted,
						  const struct domain *foreign)
{
	page_writable_release(pte_frame(wanted), 1);
	return leaf_get_other(locked, wanted, foreign);
}

struct entry_taken page_leaf_get(struct pages_locked locked, uint64_t wanted,
				 const struct domain *foreign)
{
	struct entry_taken taken = {.pte = wanted | PTE_USER};

	if (wanted == 0)
		return (struct entry_taken){.pte = 0};
	if (unlikely(!pte_is_plain(wanted)))
		return leaf_get_other(locked, wanted, foreign);
	if (!(wanted & PTE_WRITE))
		return frame_get(pte_frame(wanted), foreign->id)
			       ? taken
			       : leaf_get_other(locked, wanted, foreign);
	taken.rc = take(pte_frame(wanted), foreign->id, 1);
	if (unlikely(taken.rc == TAKEN_OF_OTHER))
		return leaf_get_again(locked, wanted, foreign);
	return likely(taken.rc == 0) ? taken : leaf_get_other(locked, wanted, foreign);
}

void page_leaf_put(struct pages_locked locked, uint64_t pte)
{
	mfn_t frame = pte_frame_nospec(pte);
	struct frame *record = frame_of(frame);
	bool own;

	if (!(pte & PTE_PRESENT) || !frame_is_ram(frame))
		return;
	own = read_once(record->owner) == locked.domain->id;
	if (own && (pte & PTE_WRITE) && drop(record, 1))
		return;
	/*
	 * Another's page may become its owner's table, or be gone for good, with
	 * this: its owner flushes only the CPUs of its own.
	 */
	if (!own || frame_references(read_once(record->state)) == 1)
		domain_flush_tlb(locked);
	if (pte & PTE_WRITE)
		page_writable_put(frame);
	frame_put(frame);
}
