/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/held.c - held.h says what it is for. */
#include "pv-drivers/blkback/held.h"

#include <string.h>

#define PAGE_BYTES 4096

void held_begin(struct held *held, bool wanted)
{
	memset(held, 0, sizeof(*held));
	held->wanted = wanted;
}

/* The grant's place, or the empty one where it belongs: half of them are always empty. */
static uint32_t place_of(const struct held *held, uint32_t grant)
{
	uint32_t place = grant * 2654435761u % HELD_PLACES; /* Fibonacci hashing */

	while (held->place[place].page && held->place[place].grant != grant)
		place = (place + 1) % HELD_PLACES;
	return place;
}

static void hold(struct held *held, struct guest *guest, const uint32_t *grants, uint32_t count)
{
	uint8_t *pages;

	if (!held->wanted || count > HELD_MOST - held->count || held->batches == HELD_BATCHES)
		return;
	pages = guest_map(guest, grants, count);
	if (!pages) {
		/* Granted for reading only, or dom0 has no room: neither gets better. */
		held->wanted = false;
		return;
	}
	held->batch[held->batches].pages = pages;
	held->batch[held->batches++].count = count;
	held->count += count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = place_of(held, grants[i]);

		held->place[place].grant = grants[i];
		held->place[place].page = pages + (size_t)i * PAGE_BYTES;
	}
}

void held_find(struct held *held, struct guest *guest, const uint32_t *grants, uint32_t count,
	       uint8_t **pages)
{
	uint32_t missing[GUEST_MAP_MOST], missed = 0;

	for (uint32_t i = 0; i < count; i++) {
		pages[i] = held->place[place_of(held, grants[i])].page;
		if (!pages[i])
			missing[missed++] = grants[i];
	}
	if (!missed)
		return;
	hold(held, guest, missing, missed);
	for (uint32_t i = 0; i < count; i++)
		pages[i] = held->place[place_of(held, grants[i])].page;
}

void held_end(struct held *held, struct guest *guest)
{
	for (uint32_t i = 0; i < held->batches; i++)
		guest_unmap(guest, held->batch[i].pages, held->batch[i].count);
	held_begin(held, false);
}
