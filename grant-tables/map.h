/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/map.h - a granted page into a holder's page tables and out.
 *
 * Mapping: reserve a handle, pin the offer, change the page tables, publish
 * the handle.  Unmapping goes the other way, several at a time: between taking
 * pages out of the tables and letting them go, CPUs forget them once for all.  No lock is held from
 * one step to the next; the handle is BUSY meanwhile, and each failed step undoes the ones before
 * it.  Pure: the act is behind ports.h.
 */
#pragma once

#include "grant-tables/table.h"

/* Each sets request->status; `holder` is the calling domain's table.  Take the locks. */
void grant_map(struct grant_table *holder, struct gnttab_map_grant_ref *request);

/* A mapping that is on its way out: begun, not finished. */
struct grant_unmapping {
	struct grant_mapping *mapping; /* what is left of it, of its handle that is BUSY */
	grant_handle_t handle;
	bool unmapped;		/* it has been taken out of page tables ... */
	enum grant_access held; /* ... which gave this access               */
};

/* Sets request->status; true: there is something to finish. */
MUST_CHECK
bool grant_unmap_begin(struct grant_table *holder, struct gnttab_unmap_grant_ref *request,
		       struct grant_unmapping *unmapping);
/* Before the caller's vCPU does anything else, also for those that failed in part. */
void grant_unmap_finish(struct grant_table *holder, const struct grant_unmapping *unmappings,
			uint32_t count);
void grant_unmap_and_replace(struct grant_table *holder, struct gnttab_unmap_and_replace *request);

/*
 * Drops mappings of a domain whose page tables are gone, from handle index
 * *next on, at most `most`; true when none is left.
 */
MUST_CHECK
bool grant_unmap_some(struct grant_table *holder, uint32_t *next, uint32_t most);
