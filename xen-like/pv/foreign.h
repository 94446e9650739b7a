/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/foreign.h - another domain's page in the caller's page tables:
 * the act behind a grant map.  Whether it may be is grant-tables/'s decision,
 * which holds the page (a reference, and a WRITABLE use for writable maps).
 *
 * The entry holds a reference and a use of its own, so that a guest which
 * overwrites it by itself drops only those.  All return GNTST_*.
 */
#pragma once

#include "xen-like/domain/domain.h"

/* Maps at `va` in the tables the vCPU has loaded; `available_bits` as PTE bits 9..11. */
MUST_CHECK
int pv_grant_map_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, bool writable,
		    uint64_t available_bits);
/* Maps by the machine address of an entry of an L1 of `domain`. */
MUST_CHECK
int pv_grant_map_pte(struct domain *domain, maddr_t pte, mfn_t frame, bool writable,
		     uint64_t available_bits);

/*
 * Removes the entry if it still maps `frame`.  What the entry held, `*writable` or
 * not, passes to the caller, who drops it once no TLB of the domain has it.
 */
MUST_CHECK
int pv_grant_unmap_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, bool *writable);
MUST_CHECK
int pv_grant_unmap_pte(struct domain *domain, maddr_t pte, mfn_t frame, bool *writable);
/* As unmap, flush and drop, but what `new_va` maps moves to `va`. */
MUST_CHECK
int pv_grant_replace_va(struct vcpu *vcpu, uint64_t va, mfn_t frame, uint64_t new_va);
