/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/copy.c - see copy.h.
 *
 * Each side is *claimed* - by pinning the offer, or by holding the caller's
 * own page - for as long as copies name it one after the other.
 */
#include "grant-tables/copy.h"
#include "grant-tables/ports.h"

static bool within_page(uint32_t offset, uint32_t length)
{
	return offset < PAGE_SIZE && length <= PAGE_SIZE - offset;
}

static int16_t claim_offer(struct grant_claim *claim, domid_t caller)
{
	struct grant_table_locked owner;
	struct grant_pinned pinned;

	claim->owner = grant_port_table_get(claim->domid);
	if (!claim->owner)
		return GNTST_bad_domain;
	owner = grant_table_lock(claim->owner);
	pinned = grant_pin(owner, (grant_ref_t)claim->number, caller, claim->access, 1);
	grant_table_unlock(owner);
	claim->frame = pinned.frame;
	if (pinned.status != GNTST_okay)
		grant_port_table_put(claim->owner);
	return pinned.status;
}

static void claim_end(struct grant_claim *claim)
{
	struct grant_table_locked owner;

	if (!claim->held)
		return;
	claim->held = false;
	if (!claim->owner) {
		grant_port_drop_frame(claim->frame, claim->access, 1);
		return;
	}
	owner = grant_table_lock(claim->owner);
	grant_unpin(owner, (grant_ref_t)claim->number, claim->access, 1);
	grant_table_unlock(owner);
	grant_port_table_put(claim->owner);
}

static NOINLINE int16_t claim_anew(struct grant_claim *claim, const struct gnttab_copy_ptr *side,
				   bool by_ref, enum grant_access access, domid_t caller)
{
	uint64_t number = by_ref ? side->u.ref : side->u.gmfn;
	int16_t status;

	claim_end(claim);
	claim->owner = NULL;
	claim->number = number;
	claim->domid = side->domid;
	claim->access = access;
	if (by_ref)
		status = claim_offer(claim, caller);
	/* By its number only the caller's own page: others have to offer theirs. */
	else if (side->domid != DOMID_SELF)
		status = GNTST_permission_denied;
	else
		status = grant_port_hold_frame(caller, gfn(number), access, 1, &claim->frame);
	claim->held = status == GNTST_okay;
	return status;
}

/* Claims what the request names on one side, unless it is what is held there already. */
static inline int16_t claim_side(struct grant_claim *claim, const struct gnttab_copy_ptr *side,
				 bool by_ref, enum grant_access access, domid_t caller)
{
	uint64_t number = by_ref ? side->u.ref : side->u.gmfn;

	if (likely(claim->held && claim->number == number && claim->domid == side->domid &&
		   !claim->owner == !by_ref))
		return GNTST_okay;
	return claim_anew(claim, side, by_ref, access, caller);
}

/* Nothing but this: calls that copy nothing begin and end some, too. */
void grant_copies_begin(struct grant_copies *copies, struct grant_table *caller)
{
	copies->caller = caller;
	copies->source.held = false;
	copies->dest.held = false;
}

void grant_copy(struct grant_copies *copies, struct gnttab_copy *request)
{
	domid_t caller = copies->caller->owner;

	if (!within_page(request->source.offset, request->len) ||
	    !within_page(request->dest.offset, request->len)) {
		request->status = GNTST_bad_copy_arg;
		return;
	}
	request->status = claim_side(&copies->source, &request->source,
				     request->flags & GNTCOPY_source_gref, GRANT_READ, caller);
	if (request->status != GNTST_okay)
		return;
	request->status = claim_side(&copies->dest, &request->dest,
				     request->flags & GNTCOPY_dest_gref, GRANT_WRITE, caller);
	if (request->status == GNTST_okay)
		grant_port_copy(copies->dest.frame, request->dest.offset, copies->source.frame,
				request->source.offset, request->len);
}

void grant_copies_end(struct grant_copies *copies)
{
	claim_end(&copies->source);
	claim_end(&copies->dest);
}
