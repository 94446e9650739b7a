/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/heap.h - where pages come from: a buddy allocator over the frame
 * table, and small objects on top of it.
 *
 * Pages come out of it scrubbed: by an idle CPU after they were freed, or when
 * they are taken.  Locking: the heap's own, a leaf.
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
/* Frees `count` frames that follow each other, at most a few hundred at a time. */
void heap_free_run(mfn_t first, uint64_t count);

/* Boot only: from here on, freed pages are known to heap_scrub_some().  False: no memory. */
bool heap_start_scrubbing(void) MUST_CHECK;
/*
 * For a CPU that is idle: zeros over one page that was freed, at most.  False
 * when there is nothing to do, or another CPU does it.
 */
bool heap_scrub_some(void);
/* For the auditor: false when a free page holds something and is not marked so. */
bool heap_frame_is_clean(mfn_t frame);

uint64_t heap_free_count(void);	 /* pages; those that wait for zeros are among them */
uint64_t heap_total_count(void); /* pages ever given to the heap */
uint64_t heap_free_below_4g(void);

/* Small objects, zeroed; size in bytes up to several pages. */
void *heap_alloc(size_t bytes) MUST_CHECK;
void heap_free(void *object);
uint64_t heap_object_count(void);

#define heap_new(type)		    ((type *)heap_alloc(sizeof(type)))
#define heap_new_array(type, count) ((type *)heap_alloc(sizeof(type) * (size_t)(count)))
