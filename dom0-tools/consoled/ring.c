/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/ring.c - see ring.h.
 */
#include <errno.h>
#include <string.h>

#include "dom0-tools/consoled/ring.h"

/* The other side writes these while we look: one read each, before what it guards. */
static uint32_t index_read(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Seen by the guest only after all that came before. */
static void index_write(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_SEQ_CST);
}

void ring_adopt(struct ring *ring, struct xencons_interface *shared)
{
	ring->shared = shared;
	ring->out_cons = index_read(&shared->out_cons);
	ring->in_prod = index_read(&shared->in_prod);
}

int ring_peek(const struct ring *ring, char *bytes)
{
	uint32_t count = index_read(&ring->shared->out_prod) - ring->out_cons;
	uint32_t start = ring->out_cons % RING_OUTPUT_BYTES;
	uint32_t first = RING_OUTPUT_BYTES - start;

	if (count > RING_OUTPUT_BYTES)
		return -EPROTO;
	if (first > count)
		first = count;
	memcpy(bytes, ring->shared->out + start, first);
	memcpy(bytes + first, ring->shared->out, count - first);
	return (int)count;
}

void ring_release(struct ring *ring, uint32_t count)
{
	ring->out_cons += count;
	index_write(&ring->shared->out_cons, ring->out_cons);
}

void ring_resynchronise(struct ring *ring)
{
	ring->out_cons = index_read(&ring->shared->out_prod);
	index_write(&ring->shared->out_cons, ring->out_cons);
}

size_t ring_room(const struct ring *ring)
{
	uint32_t used = ring->in_prod - index_read(&ring->shared->in_cons);

	return used > RING_INPUT_BYTES ? 0 : RING_INPUT_BYTES - used;
}

size_t ring_put(struct ring *ring, const char *bytes, size_t count)
{
	size_t room = ring_room(ring);
	size_t start = ring->in_prod % RING_INPUT_BYTES;
	size_t first = RING_INPUT_BYTES - start;

	if (count > room)
		count = room;
	if (first > count)
		first = count;
	memcpy(ring->shared->in + start, bytes, first);
	memcpy(ring->shared->in, bytes + first, count - first);
	ring->in_prod += (uint32_t)count;
	index_write(&ring->shared->in_prod, ring->in_prod);
	return count;
}
