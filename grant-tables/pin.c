/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/pin.c - see pin.h.
 */
#include "grant-tables/pin.h"
#include "grant-tables/ports.h"
#include "grant-tables/table.h"

#define HOLDER_SHIFT 16 /* of the half of an entry with flags and holder */
_Static_assert(offsetof(grant_entry_v1_t, domid) * 8 == HOLDER_SHIFT, "beside the flags");

/*
 * Marks the offer as in use, in the owner's own memory.  Flags and holder are one word,
 * compared together: an owner that rewrites either between our look and our
 * mark makes the exchange fail, not the check.  Four tries are plenty for an
 * honest owner, and a hostile one may not stall us.
 */
static inline int16_t mark_offer(grant_entry_v1_t *entry, domid_t holder, enum grant_access access)
{
	const uint32_t asked = GTF_type_mask | (access == GRANT_WRITE ? GTF_readonly : 0u) |
			       (uint32_t)(domid_t)~0u << HOLDER_SHIFT;
	const uint32_t wanted = GTF_permit_access | (uint32_t)holder << HOLDER_SHIFT;
	const uint32_t marks = GTF_reading | (access == GRANT_WRITE ? GTF_writing : 0u);
	uint32_t *word = (uint32_t *)entry;
	uint32_t seen = load_acquire(word);

	for (int tries = 0; tries < 4; tries++) {
		if ((seen & asked) != wanted)
			return GNTST_general_error;
		if (likely(cmpxchg(word, &seen, seen | marks)))
			return GNTST_okay;
	}
	return GNTST_eagain;
}

/* Takes back the marks that no mapping asks for any more. */
static void unmark_offer(grant_entry_v1_t *entry, const struct grant_pin *pin)
{
	uint16_t marks = 0;

	if (pin->mappings[GRANT_WRITE] == 0)
		marks |= GTF_writing;
	if (!grant_pin_used(pin))
		marks |= GTF_reading;
	if (marks)
		fetch_and(&entry->flags, (uint16_t)~marks);
}

static struct grant_pinned not_pinned(int16_t status)
{
	return (struct grant_pinned){.status = status};
}

struct grant_pinned grant_pin(struct grant_table_locked owner, grant_ref_t ref, domid_t holder,
			      enum grant_access access, uint32_t holds)
{
	struct grant_offer offer;
	struct grant_pin *pin;
	int16_t status;
	bool used;

	if (!grant_offer_of(owner, ref, &offer))
		return not_pinned(GNTST_bad_gntref);
	pin = offer.pin;
	used = grant_pin_used(pin);
	if (used && (pin->holder != holder || pin->mappings[access] == UINT16_MAX))
		return not_pinned(GNTST_general_error);
	status = mark_offer(offer.entry, holder, access);
	if (status != GNTST_okay)
		return not_pinned(status);

	/* Only the first mapping trusts entry->frame; the rest reuse ours. */
	if (used)
		status = grant_port_hold_again(pin->frame, access, holds);
	else
		status = grant_port_hold_frame(owner.table->owner,
					       gfn(read_once(offer.entry->frame)), access, holds,
					       &pin->frame);
	if (status != GNTST_okay) {
		unmark_offer(offer.entry, pin);
		return not_pinned(status);
	}

	/* Nothing fails from here on. */
	pin->holder = holder;
	pin->mappings[access]++;
	return (struct grant_pinned){.status = GNTST_okay, .frame = pin->frame};
}

void grant_unpin(struct grant_table_locked owner, grant_ref_t ref, enum grant_access access,
		 uint32_t holds)
{
	struct grant_offer offer;

	/* Pinned, so it is there. */
	if (!grant_offer_of(owner, ref, &offer))
		return;
	/* The page first: an owner that sees the mark gone may count on its page. */
	grant_port_drop_frame(offer.pin->frame, access, holds);
	offer.pin->mappings[access]--;
	unmark_offer(offer.entry, offer.pin);
}
