/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/handles.c - see handles.h.
 */
#include "grant-tables/handles.h"
#include "grant-tables/ports.h"

#define INDEX_MASK	((1u << HANDLE_INDEX_BITS) - 1)
#define GENERATION_MASK ((1u << (32 - HANDLE_INDEX_BITS)) - 1)

_Static_assert(offsetof(struct grant_handle, mapping) == 0, "a mapping's address is its handle's");
_Static_assert(HANDLE_CHUNKS_MAX *HANDLES_PER_CHUNK <= INDEX_MASK,
	       "an index fits, and none is all ones");

static struct grant_handle *handle_at(struct grant_handles *handles, uint32_t index)
{
	return &handles->chunks[index / HANDLES_PER_CHUNK][index % HANDLES_PER_CHUNK];
}

static uint32_t life_of(uint32_t generation, enum grant_handle_state state)
{
	return generation << 2 | state;
}

static enum grant_handle_state state_of(uint32_t life)
{
	return (enum grant_handle_state)(life & 3);
}

static uint32_t generation_of(uint32_t life)
{
	return life >> 2;
}

/* `generation` as lives have it: GENERATION_MASK at most. */
static grant_handle_t handle_number(uint32_t generation, uint32_t index)
{
	return generation << HANDLE_INDEX_BITS | index;
}

/* The slot a guest's number may name, whatever its generation; NULL: there is none. */
static struct grant_handle *handle_find(struct grant_handles *handles, grant_handle_t handle)
{
	uint32_t index = handle & INDEX_MASK;
	uint32_t count = read_once(handles->chunk_count) * HANDLES_PER_CHUNK;

	if (index >= count)
		return NULL;
	return handle_at(handles, (uint32_t)index_nospec(index, count));
}

/* The slot of a handle that this call has made BUSY. */
static struct grant_handle *handle_own(struct grant_handles *handles, grant_handle_t handle)
{
	return handle_at(handles, handle & INDEX_MASK);
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
	for (uint32_t i = HANDLES_PER_CHUNK; i-- > 0;) {
		chunk[i].next_free = handles->first_free;
		handles->first_free = first + i + 1;
	}
	/* Who finds a chunk by its number finds it there. */
	handles->chunks[handles->chunk_count] = chunk;
	store_release(&handles->chunk_count, handles->chunk_count + 1);
	return true;
}

struct grant_reserved grant_handle_reserve(struct grant_handles *handles)
{
	struct grant_handle *slot;
	uint32_t index, generation;

	spin_lock(&handles->lock);
	if (unlikely(!handles->first_free) && !handles_grow(handles)) {
		spin_unlock(&handles->lock);
		return (struct grant_reserved){.mapping = NULL};
	}
	index = handles->first_free - 1;
	slot = handle_at(handles, index);
	handles->first_free = slot->next_free;
	handles->used++;
	spin_unlock(&handles->lock);
	generation = generation_of(slot->life);
	write_once(slot->life, life_of(generation, HANDLE_BUSY));
	return (struct grant_reserved){&slot->mapping, handle_number(generation, index)};
}

void grant_handle_publish(struct grant_mapping *mapping)
{
	struct grant_handle *slot = (struct grant_handle *)mapping;

	store_release(&slot->life, life_of(generation_of(slot->life), HANDLE_LIVE));
}

struct grant_mapping *grant_handle_take(struct grant_handles *handles, grant_handle_t handle)
{
	struct grant_handle *slot = handle_find(handles, handle);
	uint32_t generation = handle >> HANDLE_INDEX_BITS;
	uint32_t life = life_of(generation, HANDLE_LIVE);

	if (!slot || !cmpxchg(&slot->life, &life, life_of(generation, HANDLE_BUSY)))
		return NULL;
	return &slot->mapping;
}

void grant_handle_release(struct grant_handles *handles, grant_handle_t handle)
{
	struct grant_handle *slot = handle_own(handles, handle);

	write_once(slot->life,
		   life_of((generation_of(slot->life) + 1) & GENERATION_MASK, HANDLE_FREE));
	spin_lock(&handles->lock);
	slot->next_free = handles->first_free;
	handles->first_free = (handle & INDEX_MASK) + 1;
	handles->used--;
	spin_unlock(&handles->lock);
}

bool grant_handle_next(struct grant_handles *handles, uint32_t *next, grant_handle_t *handle)
{
	bool found = false;

	for (; *next < read_once(handles->chunk_count) * HANDLES_PER_CHUNK && !found; ++*next) {
		uint32_t life = read_once(handle_at(handles, *next)->life);

		found = state_of(life) == HANDLE_LIVE;
		*handle = handle_number(generation_of(life), *next);
	}
	return found;
}
