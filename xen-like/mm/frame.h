/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/frame.h - one record for each page of RAM: whose it is, how
 * often it is referenced, and what it may be used for.
 *
 * References, type and type count share one word, changed by one
 * compare-exchange (docs/security.md, C4).  A page's *type* says how it is
 * mapped: a page of type WRITABLE may be mapped read-write; one of type L1..L4
 * or DESCRIPTORS may not, and its contents have been validated.  The type
 * changes only while its count is 0.  Types with rules of their own are the
 * business of mm/page_type.c.
 *
 * Counts do not wrap: a reference that would pass the limit is refused.
 */
#pragma once

#include "xen-like/arch/x86/layout.h"
#include "xen-like/base/abi.h"
#include "xen-like/base/atomic.h"

enum frame_type {
	FRAME_NONE,
	FRAME_WRITABLE,
	FRAME_L1,
	FRAME_L2,
	FRAME_L3,
	FRAME_L4,
	FRAME_DESCRIPTORS,
};

/*
 * The state word.
 *   0..25   references           26..51  uses of the type
 *   52..54  enum frame_type      55..62  flags below
 */
#define FRAME_COUNT_BITS 26
#define FRAME_COUNT_MAX	 ((1ull << FRAME_COUNT_BITS) - 1)
#define FRAME_TAKE_MAX	 2 /* that one call adds to a count */
#define FRAME_USE_SHIFT	 26
#define FRAME_USE_ONE	 (1ull << FRAME_USE_SHIFT)
#define FRAME_TYPE_SHIFT 52
#define FRAME_TYPE_MASK	 (7ull << FRAME_TYPE_SHIFT)
#define FRAME_VALIDATED	 (1ull << 55) /* contents checked for the type               */
#define FRAME_PINNED	 (1ull << 56) /* guest holds a use by MMUEXT_PIN              */
#define FRAME_PARTIAL	 (1ull << 57) /* some entries hold references: `progress`     */
#define FRAME_ALLOCATED	 (1ull << 58) /* the owner's own reference is still there     */
#define FRAME_FREE	 (1ull << 59) /* in the heap; next/previous/order are links   */
#define FRAME_RESERVED	 (1ull << 60) /* not RAM, or Enso's own: never a guest's      */
#define FRAME_QUEUED	 (1ull << 61) /* waits to be taken apart: linked by `link`     */
#define FRAME_SHARED	 (1ull << 62) /* Enso's, for its owner to map: never given back */

struct frame {
	uint64_t state;
	union {
		struct {
			domid_t owner;	   /* DOMID_XEN: Enso itself; DOMID_IO: not RAM */
			uint16_t progress; /* entries done when PARTIAL; else flush epoch */
			uint32_t link;	   /* page_type.c: queue of pages to take apart */
		};
		struct {
			uint32_t next, previous; /* in the heap: frame numbers */
		};
	};
};

_Static_assert(sizeof(struct frame) == 16, "the frame table's size is promised");

/* Frames 0 .. frame_limit-1 have records. */
extern uint64_t frame_limit;

static inline struct frame *frame_of(mfn_t frame)
{
	return (struct frame *)FRAME_TABLE_START + frame.n;
}

/* A guest's frame number, after its check: 0 if there is no record of it. */
static inline mfn_t frame_nospec(mfn_t frame)
{
	return mfn(index_nospec(frame.n, frame_limit));
}

static inline uint64_t frame_references(uint64_t state)
{
	return state & FRAME_COUNT_MAX;
}

static inline uint64_t frame_uses(uint64_t state)
{
	return (state >> FRAME_USE_SHIFT) & FRAME_COUNT_MAX;
}

static inline enum frame_type frame_type(uint64_t state)
{
	return (enum frame_type)((state & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT);
}

/* True when `frame` is RAM that a guest may own (it has a live record). */
static inline bool frame_is_ram(mfn_t frame)
{
	return frame.n < frame_limit &&
	       !(read_once(frame_of(frame_nospec(frame))->state) & FRAME_RESERVED);
}

/*
 * Takes a reference to a page that belongs to `owner`.  False when it does
 * not, is free, or has too many references.
 */
MUST_CHECK
bool frame_get(mfn_t frame, domid_t owner);
/* The same for `times` references at once, FRAME_TAKE_MAX at most: all of them, or none. */
MUST_CHECK
bool frame_get_some(mfn_t frame, domid_t owner, uint32_t times);
/* Takes more references to a page of which the caller already has one. */
MUST_CHECK
bool frame_get_again(mfn_t frame, uint32_t times);
/* Drops a reference; the last one gives the page back to the heap. */
void frame_put(mfn_t frame);
/* Drops several that the caller has, at once. */
void frame_put_some(mfn_t frame, uint32_t times);

/* Makes 2^order fresh frames `owner`'s: one reference each, its own. */
void frame_assign(mfn_t first, unsigned int order, domid_t owner);
/*
 * Takes a page from its owner, if nobody but the owner and the caller (by
 * frame_get) refers to it and it has no use.  The caller's reference is then
 * the last: flush the owner's TLBs, then frame_put() frees it.
 */
MUST_CHECK
bool frame_disown(mfn_t frame);
/*
 * Drops the owner's own reference, if it is still there, whoever else refers to
 * the page: from here on nobody can take a new one, and the last of the others
 * frees it.  The caller has a reference.
 */
void frame_give_up(mfn_t frame);
/*
 * frame_disown(), and drops the caller's reference too: nobody's from here on,
 * and not in the heap yet.  The caller frees it (heap_free_run) and uncharges
 * its owner, with m2p_set() before.  False: nothing has changed.
 */
MUST_CHECK
bool frame_take(mfn_t frame);
/* Undoes frame_disown(): the caller's reference becomes the owner's. */
void frame_own_again(mfn_t frame);

/* Enso's own view of a page of RAM. */
static inline void *frame_map(mfn_t frame)
{
	return (void *)(DIRECT_MAP_START + (frame.n << PAGE_SHIFT));
}

static inline void *maddr_map(maddr_t address)
{
	return (void *)(DIRECT_MAP_START + address.n);
}

static inline mfn_t frame_of_mapped(const void *pointer)
{
	return mfn(((uint64_t)pointer - DIRECT_MAP_START) >> PAGE_SHIFT);
}

/*
 * m2p: what number the owner gives a frame.  Guests read it at M2P_START; Enso
 * writes through its own view.  Where no RAM is, it cannot be written.
 */
#define M2P_INVALID (~0ull)
void m2p_set(mfn_t frame, uint64_t guest_number);
uint64_t m2p_get(mfn_t frame);
