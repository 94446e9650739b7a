/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/pin.c - see pin.h.
 */
#include "grant-tables/pin.h"
#include "grant-tables/ports.h"
#include "grant-tables/table.h"

/* The half of an entry that must be read and marked in one breath. */
union offer {
	uint32_t word;
	struct {
		uint16_t flags;
		domid_t holder;
	};
};

/*
 * Marks the offer as in use, in the owner's own memory.  Flags and holder are
 * compared together: an owner that rewrites either between our look and our
 * mark makes the exchange fail, not the check.  Four tries are plenty for an
 * honest owner, and a hostile one may not stall us.
 */
static int16_t mark_offer(grant_entry_v1_t *entry, domid_t holder, enum grant_access access)
{
	uint32_t *word = (uint32_t *)entry;
	union offer seen = {.word = load_acquire(word)};

	for (int tries = 0; tries < 4; tries++) {
		union offer marked = seen;

		if ((seen.flags & GTF_type_mask) != GTF_permit_access)
			return GNTST_general_error;
		if (seen.holder != holder)
			return GNTST_general_error;
		if (access == GRANT_WRITE && (seen.flags & GTF_readonly))
			return GNTST_general_error;

		marked.flags |= GTF_reading;
		marked.flags |= access == GRANT_WRITE ? GTF_writing : 0;
		if (cmpxchg(word, &seen.word, marked.word))
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

int16_t grant_pin(struct grant_table_locked owner, grant_ref_t ref, domid_t holder,
		  enum grant_access access, mfn_t *frame)
{
	struct grant_table *table = owner.table;
	grant_entry_v1_t *entry = grant_entry(owner, ref);
	struct grant_pin *pin = grant_pin_of(owner, ref);
	int16_t status;

	if (!entry)
		return GNTST_bad_gntref;
	if (grant_pin_used(pin) && pin->holder != holder)
		return GNTST_general_error;
	if (pin->mappings[access] == UINT16_MAX)
		return GNTST_general_error;
	status = mark_offer(entry, holder, access);
	if (status != GNTST_okay)
		return status;

	/* Only the first mapping trusts entry->frame; the rest reuse ours. */
	if (grant_pin_used(pin))
		status = grant_port_hold_again(pin->frame, access);
	else
		status = grant_port_hold_frame(table->owner, gfn(read_once(entry->frame)), access,
					       &pin->frame);
	if (status != GNTST_okay) {
		unmark_offer(entry, pin);
		return status;
	}

	/* Nothing fails from here on. */
	pin->holder = holder;
	pin->mappings[access]++;
	*frame = pin->frame;
	return GNTST_okay;
}

void grant_unpin(struct grant_table_locked owner, grant_ref_t ref, enum grant_access access)
{
	struct grant_pin *pin = grant_pin_of(owner, ref);

	/* The page first: an owner that sees the mark gone may count on its page. */
	grant_port_drop_frame(pin->frame, access);
	pin->mappings[access]--;
	unmark_offer(grant_entry(owner, ref), pin);
}
