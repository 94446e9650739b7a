/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/handles.c - see handles.h.
 */
#include "grant-tables/handles.h"
#include "grant-tables/ports.h"

#define INDEX_MASK	((1u << HANDLE_INDEX_BITS) - 1)
#define GENERATION_MASK ((1u << (32 - HANDLE_INDEX_BITS)) - 1)

_Static_assert(HANDLE_CHUNKS_MAX *HANDLES_PER_CHUNK <= INDEX_MASK,
	       "an index fits, and none is all ones");

static struct grant_handle *handle_at(struct grant_handles *handles, uint32_t index)
{
	return &handles->chunks[index / HANDLES_PER_CHUNK][index % HANDLES_PER_CHUNK];
}

static grant_handle_t handle_number(const struct grant_handle *slot, uint32_t index)
{
	return (slot->generation & GENERATION_MASK) << HANDLE_INDEX_BITS | index;
}

/* The slot a number names, whatever its state; NULL: never given out so. */
static struct grant_handle *handle_find(struct grant_handles *handles, grant_handle_t handle)
{
	uint32_t index = handle & INDEX_MASK;
	uint32_t count = handles->chunk_count * HANDLES_PER_CHUNK;
	struct grant_handle *slot;

	if (index >= count)
		return NULL;
	index = (uint32_t)index_nospec(index, count);
	slot = handle_at(handles, index);
	return handle_number(slot, index) == handle ? slot : NULL;
}

bool grant_handles_init(struct grant_handles *handles)
{
	handles->lock = SPINLOCK(RANK_GRANT);
	handles->chunks = grant_port_alloc(handles->chunk_limit * sizeof(handles->chunks[0]));
	return handles->chunks != NULL;
}

void grant_handles_free(struct grant_handles *handles)
{
	for (uint32_t i = 0; i < handles->chunk_count; i++)
		grant_port_free(handles->chunks[i]);
	grant_port_free(handles->chunks);
	handles->chunks = NULL;
	handles->chunk_count = 0;
	handles->first_free = 0;
}

/* Adds a chunk of free handles, lowest first. */
static bool handles_grow(struct grant_handles *handles)
{
	uint32_t first = handles->chunk_count * HANDLES_PER_CHUNK;
	struct grant_handle *chunk;

	if (handles->chunk_count == handles->chunk_limit)
		return false;
	chunk = grant_port_alloc(HANDLES_PER_CHUNK * sizeof(*chunk));
	if (!chunk)
		return false;
	handles->chunks[handles->chunk_count++] = chunk;
	for (uint32_t i = HANDLES_PER_CHUNK; i-- > 0;) {
		chunk[i].next_free = handles->first_free;
		handles->first_free = first + i + 1;
	}
	return true;
}

int16_t grant_handle_reserve(struct grant_handles *handles, grant_handle_t *handle)
{
	struct grant_handle *slot;
	uint32_t index;

	spin_lock(&handles->lock);
	if (!handles->first_free && !handles_grow(handles)) {
		spin_unlock(&handles->lock);
		return GNTST_no_space;
	}
	index = handles->first_free - 1;
	slot = handle_at(handles, index);
	handles->first_free = slot->next_free;
	handles->used++;
	slot->state = HANDLE_BUSY;
	*handle = handle_number(slot, index);
	spin_unlock(&handles->lock);
	return GNTST_okay;
}

void grant_handle_publish(struct grant_handles *handles, grant_handle_t handle,
			  const struct grant_mapping *mapping)
{
	struct grant_handle *slot;

	spin_lock(&handles->lock);
	slot = handle_find(handles, handle);
	slot->mapping = *mapping;
	slot->state = HANDLE_LIVE;
	spin_unlock(&handles->lock);
}

int16_t grant_handle_take(struct grant_handles *handles, grant_handle_t handle,
			  struct grant_mapping *mapping)
{
	int16_t status = GNTST_bad_handle;
	struct grant_handle *slot;

	spin_lock(&handles->lock);
	slot = handle_find(handles, handle);
	if (slot && slot->state == HANDLE_LIVE) {
		slot->state = HANDLE_BUSY;
		*mapping = slot->mapping;
		status = GNTST_okay;
	}
	spin_unlock(&handles->lock);
	return status;
}

void grant_handle_release(struct grant_handles *handles, grant_handle_t handle)
{
	struct grant_handle *slot;

	spin_lock(&handles->lock);
	slot = handle_find(handles, handle);
	slot->state = HANDLE_FREE;
	slot->generation++;
	slot->mapping = (struct grant_mapping){0};
	slot->next_free = handles->first_free;
	handles->first_free = (handle & INDEX_MASK) + 1;
	handles->used--;
	spin_unlock(&handles->lock);
}

bool grant_handle_next(struct grant_handles *handles, uint32_t *next, grant_handle_t *handle)
{
	bool found = false;

	spin_lock(&handles->lock);
	for (; *next < handles->chunk_count * HANDLES_PER_CHUNK && !found; ++*next) {
		const struct grant_handle *slot = handle_at(handles, *next);

		found = slot->state == HANDLE_LIVE;
		*handle = handle_number(slot, *next);
	}
	spin_unlock(&handles->lock);
	return found;
}
