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
 * Holds page `number` of domain `owner` for one mapping: a reference, and for
 * GRANT_WRITE a use as writable page.  locked
 */
MUST_CHECK
int16_t grant_port_hold_frame(domid_t owner, gfn_t number, enum grant_access access, mfn_t *frame);
/* The same for a page of which one mapping is held already.  locked */
MUST_CHECK
int16_t grant_port_hold_again(mfn_t frame, enum grant_access access);
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
void grant_port_table_put(struct grant_table *table);

/* Puts the mapping's page into the tables of `holder`, the caller, and holds it once more. */
MUST_CHECK
int16_t grant_port_map(struct domain *holder, const struct grant_mapping *mapping,
		       uint32_t available);
/*
 * Takes it out; CPUs may still reach it until grant_port_forget(), after which
 * grant_port_drop_frame() lets it go, with the access that the tables gave.
 */
MUST_CHECK
int16_t grant_port_unmap(struct domain *holder, const struct grant_mapping *mapping,
			 enum grant_access *held);
void grant_port_forget(struct domain *holder);
/* As all of these three, but what `new_address` maps takes the place. */
MUST_CHECK
int16_t grant_port_replace(struct domain *holder, const struct grant_mapping *mapping,
			   uint64_t new_address);

/* Copies within two held pages; offsets + length are within the page. */
void grant_port_copy(mfn_t to, uint32_t to_offset, mfn_t from, uint32_t from_offset,
		     uint32_t length);
