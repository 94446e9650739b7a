/* SPDX-License-Identifier: MIT */
/* xen-like/log_ring.c - see log_ring.h. */
#include "xen-like/log_ring.h"
#include "xen-like/base/string.h"

void log_ring_start(struct log_ring *ring, char **chunks, uint32_t limit, char *first,
		    size_t chunk_bytes, uint64_t begin)
{
	/* All of them, so that none is ever nowhere. */
	for (uint32_t i = 0; i < limit; i++)
		chunks[i] = first;
	*ring = (struct log_ring){
		.chunks = chunks,
		.current = first,
		.limit = limit,
		.count = 1,
		.chunk_bytes = chunk_bytes,
		.begin = begin,
		.oldest = begin / chunk_bytes,
		.written = begin,
	};
}

static char *chunk_of(const struct log_ring *ring, uint64_t number)
{
	return ring->chunks[number / ring->chunk_bytes % ring->limit];
}

/* The chunk of the text that begins now: the spare one, else that of the oldest text. */
static void begin_chunk(struct log_ring *ring)
{
	char *next = ring->spare;

	if (ring->overwrites)
		ring->oldest++;
	ring->overwrites = !next;
	if (!next)
		next = ring->chunks[ring->oldest % ring->limit];
	ring->spare = NULL;
	ring->chunks[ring->written / ring->chunk_bytes % ring->limit] = next;
	ring->current = next;
}

void log_ring_write(struct log_ring *ring, const char *bytes, size_t count)
{
	while (count > 0) {
		size_t within = ring->written % ring->chunk_bytes;
		size_t part = MIN(count, ring->chunk_bytes - within);

		if (within == 0 && ring->written != ring->begin)
			begin_chunk(ring);
		memcpy(ring->current + within, bytes, part);
		ring->written += part;
		bytes += part;
		count -= part;
	}
}

uint64_t log_ring_first(const struct log_ring *ring)
{
	uint64_t kept = ring->oldest * ring->chunk_bytes;
	uint64_t within = ring->written % ring->chunk_bytes;

	/* A chunk that is just full has nothing left of what it held before. */
	if (ring->overwrites)
		kept += within ? within : ring->chunk_bytes;
	return MAX(kept, ring->begin);
}

size_t log_ring_read(const struct log_ring *ring, uint64_t *at, char *to, size_t count)
{
	size_t done = 0;

	*at = MAX(*at, log_ring_first(ring));
	while (done < count && *at < ring->written) {
		size_t within = *at % ring->chunk_bytes;
		size_t part = MIN(count - done, ring->chunk_bytes - within);

		part = MIN(part, ring->written - *at);
		memcpy(to + done, chunk_of(ring, *at) + within, part);
		*at += part;
		done += part;
	}
	return done;
}

bool log_ring_wants_chunk(const struct log_ring *ring)
{
	uint64_t within = ring->written % ring->chunk_bytes;

	if (ring->spare || ring->count >= ring->limit)
		return false;
	if (ring->overwrites || (within == 0 && ring->written != ring->begin))
		return true;
	return within > ring->chunk_bytes / 2;
}

bool log_ring_give_chunk(struct log_ring *ring, char *chunk)
{
	if (!log_ring_wants_chunk(ring))
		return false;
	ring->spare = chunk;
	ring->count++;
	return true;
}
