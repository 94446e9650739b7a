/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/table.h - a domain's offers to others, and its mappings of
 * theirs.
 *
 * The offers lie in pages the domain shares with Enso; beside each page Enso
 * keeps its own record of which offers are taken (pin.h).  A table starts with
 * one page and grows by setup_table, never shrinks: no mapping of a page of it
 * ever outlives the page.  Version 1 only.  Pure.
 */
#pragma once

#include "grant-tables/handles.h"
#include "grant-tables/pin.h"
#include "xen-like/base/abi.h"
#include "xen-like/base/spinlock.h"

struct domain;

#define GRANTS_PER_FRAME   ((uint32_t)(PAGE_SIZE / sizeof(grant_entry_v1_t)))
#define GRANT_FRAMES_MAX   64
#define GRANT_FRAMES_START 1

struct grant_frame {
	grant_entry_v1_t *entries; /* the owner may write here any time */
	struct grant_pin *pins;	   /* only Enso writes here             */
	mfn_t frame;
};

/* `lock` (RANK_GRANT) guards frames and pins; handles have their own. */
struct grant_table {
	struct spinlock lock;
	struct domain *domain;
	domid_t owner;
	uint32_t frame_count, frame_limit; /* the latter: 1..GRANT_FRAMES_MAX */
	struct grant_frame frames[GRANT_FRAMES_MAX];
	struct grant_handles handles;
};

/* A table whose lock is held: the type is the proof. */
struct grant_table_locked {
	struct grant_table *table;
};

static inline struct grant_table_locked grant_table_lock(struct grant_table *table)
{
	spin_lock(&table->lock);
	return (struct grant_table_locked){table};
}

static inline void grant_table_unlock(struct grant_table_locked locked)
{
	spin_unlock(&locked.table->lock);
}

/*
 * Readies a zeroed table with its first page; the caller has set frame_limit
 * and handles.chunk_limit.  False: no memory.
 */
MUST_CHECK
bool grant_table_init(struct grant_table *table, struct domain *domain, domid_t owner);
/* Gives its memory back; nothing is mapped or pinned any more. */
void grant_table_free(struct grant_table *table);

/* One offer: what its owner wrote and what Enso remembers. */
struct grant_offer {
	grant_entry_v1_t *entry;
	struct grant_pin *pin;
};

/* False when `ref` is behind the table's end, also for a CPU that guesses. */
MUST_CHECK
static inline bool grant_offer_of(struct grant_table_locked locked, grant_ref_t ref,
				  struct grant_offer *offer)
{
	const struct grant_table *table = locked.table;
	uint32_t size = table->frame_count * GRANTS_PER_FRAME;
	const struct grant_frame *frame;

	if (ref >= size)
		return false;
	ref = (grant_ref_t)index_nospec(ref, size);
	frame = &table->frames[ref / GRANTS_PER_FRAME];
	offer->entry = &frame->entries[ref % GRANTS_PER_FRAME];
	offer->pin = &frame->pins[ref % GRANTS_PER_FRAME];
	return true;
}

/*
 * Makes the table at least `frames` pages long.  GNTST_general_error: that is
 * more than it may be; GNTST_no_space: no memory, some pages may be new.
 */
MUST_CHECK
int16_t grant_table_grow(struct grant_table_locked locked, uint32_t frames);
/* Exchanges two entries that nobody has mapped; GNTST_eagain if somebody has. */
MUST_CHECK
int16_t grant_table_swap(struct grant_table_locked locked, grant_ref_t a, grant_ref_t b);

/* How many mappings of its offers there are; for audits. */
uint64_t grant_table_pins(struct grant_table_locked locked);

/*
 * What the core calls; xen-like/domain/ports.c.
 */

/* At most so many pages of offers, and mappings; 0: all there can be.  NULL: no memory. */
MUST_CHECK
struct grant_table *grant_table_create(struct domain *domain, uint32_t frames, uint32_t handles);
/*
 * Drops the dying domain's mappings of others' pages; its page tables are gone.
 * False: not done yet, call again.
 */
MUST_CHECK
bool grant_table_destroy(struct domain *domain);
/* Gives the table's pages back; after the above, when no reference to the domain is left. */
void grant_table_dispose(struct domain *domain);
/* Names every reference the table holds to audit_expect(). */
void grant_table_audit(struct grant_table *table);
