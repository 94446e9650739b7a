/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/map.h - a granted page into a holder's page tables and out.
 *
 * Mapping: reserve a handle, pin the offer, change the page tables, publish
 * the handle.  Unmapping goes the other way: between taking pages out of the tables and
 * letting them go, CPUs forget them once for several.  No grant lock is held from
 * one step to the next; the handle is BUSY meanwhile, and each failed step undoes the ones before
 * it.  Pure: the act is behind ports.h.
 *
 * What is the same for one after the other is kept: the holder's page tables, for so many,
 * and the owner of the last offer.
 */
#pragma once

#include "grant-tables/ports.h"
#include "grant-tables/table.h"

/* Then others who change the holder's page tables have their turn. */
#define MAPS_AT_ONCE 16

/* Mappings that one call makes. */
struct grant_maps {
	struct grant_table *holder; /* the calling domain's                          */
	struct grant_table *owner;  /* whose page was the last, kept; NULL: none     */
	uint32_t left;		    /* requests until others have their turn         */
	struct grant_space space;
};
static inline void grant_maps_begin(struct grant_maps *maps, struct grant_table *holder)
{
	maps->holder = holder;
	maps->owner = NULL;
	maps->left = MAPS_AT_ONCE;
	grant_port_space_lock(&maps->space, holder->domain);
}
/* Sets request->status.  Takes the locks. */
void grant_map(struct grant_maps *maps, struct gnttab_map_grant_ref *request);
/* Before the caller's vCPU does anything else. */
static inline void grant_maps_end(struct grant_maps *maps)
{
	grant_port_space_unlock(&maps->space);
	if (maps->owner)
		grant_port_table_put(maps->owner);
}

/* A mapping that is on its way out: begun, not finished. */
struct grant_unmapping {
	struct grant_mapping *mapping; /* what is left of it, of its handle that is BUSY */
	grant_handle_t handle;
	bool unmapped;		/* it has been taken out of page tables ... */
	enum grant_access held; /* ... which gave this access               */
};

/* Mappings that one call ends. */
struct grant_unmaps {
	struct grant_table *holder; /* the calling domain's                          */
	uint32_t left;		    /* requests until others have their turn         */
	uint32_t begun;		    /* of the list                                   */
	bool unmapped;		    /* one of them, at least                         */
	struct grant_space space;
	struct grant_unmapping list[MAPS_AT_ONCE];
};
static inline void grant_unmaps_begin(struct grant_unmaps *unmaps, struct grant_table *holder)
{
	unmaps->holder = holder;
	unmaps->left = MAPS_AT_ONCE;
	unmaps->begun = 0;
	unmaps->unmapped = false;
	grant_port_space_lock(&unmaps->space, holder->domain);
}
/* Sets request->status.  Takes the locks. */
void grant_unmap(struct grant_unmaps *unmaps, struct gnttab_unmap_grant_ref *request);
/* Before the caller's vCPU does anything else. */
void grant_unmaps_end(struct grant_unmaps *unmaps);

/* Sets request->status; takes the locks. */
void grant_unmap_and_replace(struct grant_table *holder, struct gnttab_unmap_and_replace *request);

/*
 * Drops mappings of a domain whose page tables are gone, from handle index
 * *next on, at most `most`; true when none is left.
 */
MUST_CHECK
bool grant_unmap_some(struct grant_table *holder, uint32_t *next, uint32_t most);
