/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/table.c - see table.h.
 */
#include "grant-tables/table.h"
#include "grant-tables/ports.h"

struct grant_table_locked grant_table_lock(struct grant_table *table)
{
	spin_lock(&table->lock);
	return (struct grant_table_locked){table};
}

void grant_table_unlock(struct grant_table_locked locked)
{
	spin_unlock(&locked.table->lock);
}

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

/* Both NULL-checks of a reference in one place, also for a CPU that guesses. */
static bool ref_bound(const struct grant_table *table, grant_ref_t *ref)
{
	uint32_t size = table->frame_count * GRANTS_PER_FRAME;

	if (*ref >= size)
		return false;
	*ref = (grant_ref_t)index_nospec(*ref, size);
	return true;
}

grant_entry_v1_t *grant_entry(struct grant_table_locked locked, grant_ref_t ref)
{
	if (!ref_bound(locked.table, &ref))
		return NULL;
	return &locked.table->frames[ref / GRANTS_PER_FRAME].entries[ref % GRANTS_PER_FRAME];
}

struct grant_pin *grant_pin_of(struct grant_table_locked locked, grant_ref_t ref)
{
	if (!ref_bound(locked.table, &ref))
		return NULL;
	return &locked.table->frames[ref / GRANTS_PER_FRAME].pins[ref % GRANTS_PER_FRAME];
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
	uint64_t *entry_a = (uint64_t *)grant_entry(locked, a);
	uint64_t *entry_b = (uint64_t *)grant_entry(locked, b);

	if (!entry_a || !entry_b)
		return GNTST_bad_gntref;
	if (grant_pin_used(grant_pin_of(locked, a)) || grant_pin_used(grant_pin_of(locked, b)))
		return GNTST_eagain;
	if (a != b)
		store_release(entry_b, exchange(entry_a, load_acquire(entry_b)));
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
