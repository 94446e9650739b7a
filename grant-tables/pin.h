/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/pin.h - one domain lends a page, another holds on to it.
 *
 * The owner writes an offer into a table it shares with Enso; the holder
 * names it by its index.  Pinning checks the offer, marks it so that the
 * owner cannot take it back, and keeps the page until the last mapping goes.
 * Pure: all it asks of Enso's core is in ports.h.
 */
#pragma once

#include "xen-like/base/abi.h"

struct grant_table_locked;

enum grant_access { GRANT_READ, GRANT_WRITE };

/*
 * What Enso remembers about one offer.  No guest can see or change it.  Each
 * mapping counted here holds one reference to the page, and each of those with
 * GRANT_WRITE one use as writable page.
 */
struct grant_pin {
	domid_t holder;	      /* the only domain that may map it now */
	uint16_t mappings[2]; /* how many, by enum grant_access      */
	mfn_t frame;	      /* meaningful while there is a mapping */
};

static inline bool grant_pin_used(const struct grant_pin *pin)
{
	return pin->mappings[GRANT_READ] || pin->mappings[GRANT_WRITE];
}

/* How that went, and with GNTST_okay which page it is. */
struct grant_pinned {
	int16_t status;
	mfn_t frame;
};

/*
 * Adds one mapping of offer `ref` for `holder`, with `holds` holds of the page, 1 or 2: its own,
 * and one more for the caller.  Its status is GNTST_okay, or the status to hand to the guest with
 * nothing changed: bad_gntref behind the table's end, general_error for what the owner does not
 * offer, eagain when it changes the offer all the time.
 */
MUST_CHECK
struct grant_pinned grant_pin(struct grant_table_locked owner, grant_ref_t ref, domid_t holder,
			      enum grant_access access, uint32_t holds);

/*
 * Drops one mapping that grant_pin() made; the last lets the owner have it back.  With it go
 * `holds` holds of the page with this access: its own, and what else the caller has of it.
 */
void grant_unpin(struct grant_table_locked owner, grant_ref_t ref, enum grant_access access,
		 uint32_t holds);
