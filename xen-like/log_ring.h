/* SPDX-License-Identifier: MIT */
/*
 * xen-like/log_ring.h - the last bytes of a text without end, in memory that comes
 * in chunks as the text does.  Pure.
 *
 * Bytes are numbered from the first one ever.  Until all chunks there may be are
 * given, each new one keeps more; from then on, or while none is given, the oldest
 * text makes room.  Locking: the caller's.  One that writes without - a panic, which
 * waits for nobody - may garble text, but stays inside the chunks.
 */
#pragma once

#include "xen-like/base/abi.h"

struct log_ring {
	char **chunks;	/* of text [n, n + 1) * chunk_bytes: chunks[n % limit]          */
	char *current;	/* the one that is written                                     */
	char *spare;	/* the next one, if it has been given already                  */
	uint32_t limit; /* chunks there may be                                         */
	uint32_t count; /* ... and that there are, the spare one among them            */
	size_t chunk_bytes;
	uint64_t begin;	  /* the first number of this ring                               */
	uint64_t oldest;  /* n of the oldest chunk with text                             */
	bool overwrites;  /* ... whose memory is the current one's: it goes byte by byte */
	uint64_t written; /* the number the next byte gets                               */
};

/*
 * An empty ring whose first byte gets number `begin`.  `chunks` has room for `limit` (> 0)
 * pointers; `first` and all chunks given later have `chunk_bytes` bytes (> 0), and stay the ring's.
 */
void log_ring_start(struct log_ring *ring, char **chunks, uint32_t limit, char *first,
		    size_t chunk_bytes, uint64_t begin);
void log_ring_write(struct log_ring *ring, const char *bytes, size_t count);

/* The number of the oldest byte that is still there; `written` when there is none. */
uint64_t log_ring_first(const struct log_ring *ring);
/*
 * Copies up to `count` bytes from number *at on; *at moves behind the last of them.
 * What is gone already is passed over.  Returns how many.
 */
size_t log_ring_read(const struct log_ring *ring, uint64_t *at, char *to, size_t count);

/* There may be another chunk, and text makes room or more than half of the last one is full. */
bool log_ring_wants_chunk(const struct log_ring *ring);
/* False: none is wanted, it stays the caller's. */
MUST_CHECK
bool log_ring_give_chunk(struct log_ring *ring, char *chunk);
