/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/foreign.h - another domain's page in the caller's page tables:
 * the act behind a grant map.  Whether it may be is grant-tables/'s decision,
 * which holds the page (a reference, and a WRITABLE use for writable maps).
 *
 * The entry holds a reference and a use of its own, so that a guest which
 * overwrites it by itself drops only those.  All return GNTST_*, and work in the tables
 * that the current vCPU, one of space->holder's, has loaded.
 */
#pragma once

#include "grant-tables/ports.h"
#include "xen-like/mm/page_type.h"

/* A space is locked as long as there is one: proof of its holder's page lock. */
static inline struct pages_locked space_pages(const struct grant_space *space)
{
	return (struct pages_locked){space->holder};
}

/*
 * Maps at `va`; `available_bits` as PTE bits 9..11.  With GNTST_okay the entry has what the
 * caller held of the frame.
 */
MUST_CHECK
int pv_grant_map_va(struct grant_space *space, uint64_t va, mfn_t frame, bool writable,
		    uint64_t available_bits);
/* Maps by the machine address of an entry of an L1. */
MUST_CHECK
int pv_grant_map_pte(struct grant_space *space, maddr_t pte, mfn_t frame, bool writable,
		     uint64_t available_bits);

/*
 * Removes the entry if it still maps `frame`.  What the entry held, `*writable` or
 * not, passes to the caller, who drops it once no TLB of the domain has it.
 */
MUST_CHECK
int pv_grant_unmap_va(struct grant_space *space, uint64_t va, mfn_t frame, bool *writable);
MUST_CHECK
int pv_grant_unmap_pte(struct grant_space *space, maddr_t pte, mfn_t frame, bool *writable);
/* As unmap, flush and drop, but what `new_va` maps moves to `va`. */
MUST_CHECK
int pv_grant_replace_va(struct grant_space *space, uint64_t va, mfn_t frame, uint64_t new_va);
