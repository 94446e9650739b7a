/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/handles.h - what a domain has mapped, by the handles it got.
 *
 * A handle remembers exactly what its map call did; unmapping compares, and
 * undoes that and nothing else.  Its number carries a generation, so that a
 * handle given back is not mistaken for its successor.
 *
 * A handle that a call is working on is BUSY: no other call may touch it, so
 * page tables and the owner's pins may change in between without our lock.
 * Pure.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/spinlock.h"

struct grant_table;

#define HANDLE_INDEX_BITS 18   /* the generation is above                   */
#define HANDLES_PER_CHUNK 128  /* a page of them                            */
#define HANDLE_CHUNKS_MAX 1563 /* 200,000 handles: no number is all ones    */

/* 28 bytes, so that a handle is 32. */
struct grant_mapping {
	uint64_t address;	   /* a virtual one, or an entry's              */
	struct grant_table *owner; /* grant_port_table_get() keeps it           */
	uint32_t frame;		   /* its number, as in frame records           */
	grant_ref_t ref;
	/*
	 * GNTMAP_*: host_map while it is in page tables, device_map while its bus address
	 * is handed out; readonly and contains_pte as it was made.
	 */
	uint32_t flags;
} __attribute__((packed, aligned(4)));

enum grant_handle_state { HANDLE_FREE, HANDLE_BUSY, HANDLE_LIVE };

/*
 * `life` is the generation and, in its last two bits, enum grant_handle_state: a
 * call makes a LIVE handle its own by one exchange.  Who has made it BUSY may
 * change the rest.
 */
struct grant_handle {
	union {
		struct grant_mapping mapping;
		uint32_t next_free; /* while it is FREE: index + 1 */
	};
	uint32_t life;
};

_Static_assert(sizeof(struct grant_handle) * HANDLES_PER_CHUNK == PAGE_SIZE, "a page");

/* One domain's handles.  `lock` guards those that are FREE, and counts; RANK_GRANT. */
struct grant_handles {
	struct spinlock lock;
	struct grant_handle **chunks; /* chunk_limit of them             */
	uint32_t chunk_count, chunk_limit;
	uint32_t first_free; /* index + 1; 0: none              */
	uint32_t used;	     /* BUSY or LIVE                    */
};

/* The chunks `handles` need, at most HANDLE_CHUNKS_MAX; 0 stands for that. */
static inline uint32_t grant_handle_chunks(uint32_t handles)
{
	uint32_t chunks = handles / HANDLES_PER_CHUNK + 1;

	return handles && chunks < HANDLE_CHUNKS_MAX ? chunks : HANDLE_CHUNKS_MAX;
}

/* Of zeroed handles with chunk_limit set.  False: no memory. */
MUST_CHECK
bool grant_handles_init(struct grant_handles *handles);
/* Only when none is in use. */
void grant_handles_free(struct grant_handles *handles);

/*
 * What a BUSY handle stands for is its taker's to read and write, where it lies, until it
 * publishes or releases the handle.
 */

struct grant_reserved {
	struct grant_mapping *mapping;
	grant_handle_t handle;
};

/* A BUSY handle for a new mapping, of whatever contents; `mapping` is NULL when there is none. */
MUST_CHECK
struct grant_reserved grant_handle_reserve(struct grant_handles *handles);
/* BUSY to LIVE. */
void grant_handle_publish(struct grant_mapping *mapping);
/* LIVE to BUSY; NULL for any number that is not a live handle's. */
MUST_CHECK
struct grant_mapping *grant_handle_take(struct grant_handles *handles, grant_handle_t handle);
/* BUSY to FREE. */
void grant_handle_release(struct grant_handles *handles, grant_handle_t handle);

/* The first LIVE handle at or after index *next; false when there is none. */
MUST_CHECK
bool grant_handle_next(struct grant_handles *handles, uint32_t *next, grant_handle_t *handle);
