/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/map.h - a granted page into a holder's page tables and out.
 *
 * Mapping: reserve a handle, pin the offer, change the page tables, publish
 * the handle.  Unmapping goes the other way.  No lock is held from one step to
 * the next; the handle is BUSY meanwhile, and each failed step undoes the ones
 * before it.  Pure: the act is behind ports.h.
 */
#pragma once

#include "grant-tables/table.h"

/* Each sets request->status; `holder` is the calling domain's table.  Take the locks. */
void grant_map(struct grant_table *holder, struct gnttab_map_grant_ref *request);
void grant_unmap(struct grant_table *holder, struct gnttab_unmap_grant_ref *request);
void grant_unmap_and_replace(struct grant_table *holder, struct gnttab_unmap_and_replace *request);

/*
 * Drops mappings of a domain whose page tables are gone, from handle index
 * *next on, at most `most`; true when none is left.
 */
MUST_CHECK
bool grant_unmap_some(struct grant_table *holder, uint32_t *next, uint32_t most);
