/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/heap.h - where pages come from: a buddy allocator over the frame
 * table, and small objects on top of it.
 *
 * Pages are scrubbed when they are freed.  Locking: the heap's own, a leaf.
 */
#pragma once

#include "xen-like/base/abi.h"

struct domain;

#define HEAP_MAX_ORDER 18 /* 1 GiB */

/* Gives a range of RAM, by machine address, to the heap.  Boot only. */
void heap_add(maddr_t start, maddr_t end);

/* Enso's own pages: zeroed, direct-mapped; NULL when there are none. */
void *heap_alloc_pages(unsigned int order) MUST_CHECK;
void heap_free_pages(void *pages, unsigned int order);

/*
 * 2^order contiguous frames below 2^address_bits (0: anywhere), not yet
 * anybody's.  Leaves the pool below 4 GiB alone while other memory lasts
 * unless address_bits asks for it.  False when there are none.
 */
MUST_CHECK
bool heap_alloc_frames(unsigned int order, unsigned int address_bits, mfn_t *first);
void heap_free_frames(mfn_t first, unsigned int order);

uint64_t heap_free_count(void);	 /* pages */
uint64_t heap_total_count(void); /* pages ever given to the heap */
uint64_t heap_free_below_4g(void);

/* Small objects, zeroed; size in bytes up to several pages. */
void *heap_alloc(size_t bytes) MUST_CHECK;
void heap_free(void *object);
uint64_t heap_object_count(void);

#define heap_new(type)		    ((type *)heap_alloc(sizeof(type)))
#define heap_new_array(type, count) ((type *)heap_alloc(sizeof(type) * (size_t)(count)))
