/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/copy.h - GNTTABOP_copy: bytes between pages of the caller and
 * pages granted to it, without mapping either.  Pure.
 */
#pragma once

#include "grant-tables/table.h"

/* One side of a copy, held: as the request names it, and what that is. */
struct grant_claim {
	struct grant_table *owner; /* of the offer; NULL: the caller's own page */
	uint64_t number;	   /* the offer's reference, or the page's gfn  */
	mfn_t frame;
	domid_t domid;
	bool held;
	enum grant_access access;
};

/* The copies of one call. */
struct grant_copies {
	struct grant_table *caller;
	struct grant_claim source, dest;
};

void grant_copies_begin(struct grant_copies *copies, struct grant_table *caller);

/*
 * Sets request->status.  Takes the locks.  The two pages stay held for the next
 * copy, which often names one of them again; grant_copies_end lets them go, and
 * has to be called before the caller's vCPU does anything else.
 */
void grant_copy(struct grant_copies *copies, struct gnttab_copy *request);
void grant_copies_end(struct grant_copies *copies);
