/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/table.c - see table.h.
 */
#include "grant-tables/table.h"
#include "grant-tables/ports.h"

/* One more page; it counts only when both halves are there. */
static bool frame_add(struct grant_table *table)
{
	struct grant_frame *added = &table->frames[table->frame_count];

	added->pins = grant_port_alloc(GRANTS_PER_FRAME * sizeof(*added->pins));
	if (!added->pins)
		return false;
	added->entries = grant_port_alloc_shared(table->domain, &added->frame);
	if (!added->entries) {
		grant_port_free(added->pins);
		added->pins = NULL;
		return false;
	}
	table->frame_count++;
	return true;
}

bool grant_table_init(struct grant_table *table, struct domain *domain, domid_t owner)
{
	table->lock = SPINLOCK(RANK_GRANT);
	table->domain = domain;
	table->owner = owner;
	if (!grant_handles_init(&table->handles))
		return false;
	if (!frame_add(table)) {
		grant_handles_free(&table->handles);
		return false;
	}
	return true;
}

void grant_table_free(struct grant_table *table)
{
	for (uint32_t i = 0; i < table->frame_count; i++) {
		grant_port_free_shared(table->frames[i].entries);
		grant_port_free(table->frames[i].pins);
	}
	table->frame_count = 0;
	grant_handles_free(&table->handles);
}

int16_t grant_table_grow(struct grant_table_locked locked, uint32_t frames)
{
	if (frames > locked.table->frame_limit)
		return GNTST_general_error;
	while (locked.table->frame_count < frames)
		if (!frame_add(locked.table))
			return GNTST_no_space;
	return GNTST_okay;
}

int16_t grant_table_swap(struct grant_table_locked locked, grant_ref_t a, grant_ref_t b)
{
	struct grant_offer first, second;
	uint64_t *entry;

	if (!grant_offer_of(locked, a, &first) || !grant_offer_of(locked, b, &second))
		return GNTST_bad_gntref;
	if (grant_pin_used(first.pin) || grant_pin_used(second.pin))
		return GNTST_eagain;
	entry = (uint64_t *)second.entry;
	if (a != b)
		store_release(entry, exchange((uint64_t *)first.entry, load_acquire(entry)));
	return GNTST_okay;
}

uint64_t grant_table_pins(struct grant_table_locked locked)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < locked.table->frame_count; i++)
		for (uint32_t j = 0; j < GRANTS_PER_FRAME; j++) {
			const struct grant_pin *pin = &locked.table->frames[i].pins[j];

			sum += pin->mappings[GRANT_READ] + pin->mappings[GRANT_WRITE];
		}
	return sum;
}
