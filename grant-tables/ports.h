/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/ports.h - all that grant tables ask of Enso's core; answered by
 * xen-like/domain/ports.c, and by the unit tests' models.
 *
 * Statuses are GNTST_*.  "locked" below: may be called with a RANK_GRANT lock
 * held; the others must not be, as they take page_lock or may run long.
 *
 * Locks ask for spin_wait() and, in debug builds, lock_rank_enter() and
 * lock_rank_leave() beside: xen-like/base/spinlock.h.
 */
#pragma once

#include "grant-tables/handles.h"
#include "grant-tables/pin.h"
#include "xen-like/base/abi.h"

struct domain;
struct grant_table;

/*
 * Holds page `number` of domain `owner` so many times: each a reference, and for
 * GRANT_WRITE a use as writable page.  locked
 */
MUST_CHECK
int16_t grant_port_hold_frame(domid_t owner, gfn_t number, enum grant_access access, uint32_t times,
			      mfn_t *frame);
/* The same for a page that is held already.  locked */
MUST_CHECK
int16_t grant_port_hold_again(mfn_t frame, enum grant_access access, uint32_t times);
/* Undoes so many of the two above.  locked */
void grant_port_drop_frame(mfn_t frame, enum grant_access access, uint32_t times);

/* Zeroed memory of Enso's own; NULL: none left.  locked */
MUST_CHECK
void *grant_port_alloc(size_t bytes);
void grant_port_free(void *object);
/* A zeroed page that `domain` may map, and Enso sees; NULL: none left.  locked */
MUST_CHECK
void *grant_port_alloc_shared(struct domain *domain, mfn_t *frame);
void grant_port_free_shared(void *page);

/* The table of domain `id`, kept until _put; NULL: no such domain. */
MUST_CHECK
struct grant_table *grant_port_table_get(domid_t id);
/* Of a table that is kept already. */
void grant_port_table_get_again(struct grant_table *table);
void grant_port_table_put(struct grant_table *table);

/*
 * The page tables of `holder`, the caller, which nobody else changes from _lock to _unlock:
 * a lock of the core's, of a rank below RANK_GRANT's.  A few mappings at most are made or
 * ended meanwhile.  The rest is the port's: where it found the last entry.
 */
struct grant_space {
	struct domain *holder;
	uint64_t region;  /* what the table translates: an address / 2 MiB; ~0: there is none */
	uint64_t *leaves; /* the table that was found last                                    */
};
void grant_port_space_lock(struct grant_space *space, struct domain *holder);
void grant_port_space_unlock(struct grant_space *space);

/*
 * Puts the mapping's page into the tables, which from then on have one of the caller's holds
 * of it.  On an error nothing has changed.
 */
MUST_CHECK
int16_t grant_port_map(struct grant_space *space, const struct grant_mapping *mapping,
		       uint32_t available);
/*
 * Takes it out; CPUs may still reach it until grant_port_forget(), after which
 * grant_port_drop_frame() lets it go, with the access that the tables gave.
 */
MUST_CHECK
int16_t grant_port_unmap(struct grant_space *space, const struct grant_mapping *mapping,
			 enum grant_access *held);
void grant_port_forget(struct grant_space *space);
/* As all of these three, but what `new_address` maps takes the place. */
MUST_CHECK
int16_t grant_port_replace(struct grant_space *space, const struct grant_mapping *mapping,
			   uint64_t new_address);

/* Copies within two held pages; offsets + length are within the page. */
void grant_port_copy(mfn_t to, uint32_t to_offset, mfn_t from, uint32_t from_offset,
		     uint32_t length);
