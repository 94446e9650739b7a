/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/copy.c - see copy.h.
 *
 * Each side is *claimed* - by pinning the offer, or by holding the caller's
 * own page - for as long as the copy takes.
 */
#include "grant-tables/copy.h"
#include "grant-tables/ports.h"

/* One side of a copy, held. */
struct claim {
	struct grant_table *owner; /* of the offer; NULL: the caller's own page */
	grant_ref_t ref;
	enum grant_access access;
	mfn_t frame;
};

static bool within_page(uint32_t offset, uint32_t length)
{
	return offset < PAGE_SIZE && length <= PAGE_SIZE - offset;
}

static int16_t claim_offer(struct claim *claim, domid_t id, grant_ref_t ref, domid_t caller)
{
	struct grant_table_locked owner;
	int16_t status;

	claim->owner = grant_port_table_get(id);
	if (!claim->owner)
		return GNTST_bad_domain;
	claim->ref = ref;
	owner = grant_table_lock(claim->owner);
	status = grant_pin(owner, ref, caller, claim->access, &claim->frame);
	grant_table_unlock(owner);
	if (status != GNTST_okay)
		grant_port_table_put(claim->owner);
	return status;
}

static int16_t claim_side(struct claim *claim, const struct gnttab_copy_ptr *side, bool by_ref,
			  enum grant_access access, domid_t caller)
{
	*claim = (struct claim){.access = access};
	if (by_ref)
		return claim_offer(claim, side->domid, side->u.ref, caller);
	/* By its number only the caller's own page: others have to offer theirs. */
	if (side->domid != DOMID_SELF)
		return GNTST_permission_denied;
	return grant_port_hold_frame(caller, gfn(side->u.gmfn), access, &claim->frame);
}

static void claim_end(const struct claim *claim)
{
	struct grant_table_locked owner;

	if (!claim->owner) {
		grant_port_drop_frame(claim->frame, claim->access);
		return;
	}
	owner = grant_table_lock(claim->owner);
	grant_unpin(owner, claim->ref, claim->access);
	grant_table_unlock(owner);
	grant_port_table_put(claim->owner);
}

static int16_t copy_claimed(domid_t caller, const struct gnttab_copy *request,
			    const struct claim *source)
{
	struct claim dest;
	int16_t status = claim_side(&dest, &request->dest, request->flags & GNTCOPY_dest_gref,
				    GRANT_WRITE, caller);

	if (status != GNTST_okay)
		return status;
	grant_port_copy(dest.frame, request->dest.offset, source->frame, request->source.offset,
			request->len);
	claim_end(&dest);
	return GNTST_okay;
}

void grant_copy(struct grant_table *caller, struct gnttab_copy *request)
{
	struct claim source;

	if (!within_page(request->source.offset, request->len) ||
	    !within_page(request->dest.offset, request->len)) {
		request->status = GNTST_bad_copy_arg;
		return;
	}
	request->status =
		claim_side(&source, &request->source, request->flags & GNTCOPY_source_gref,
			   GRANT_READ, caller->owner);
	if (request->status != GNTST_okay)
		return;
	request->status = copy_claimed(caller->owner, request, &source);
	claim_end(&source);
}
