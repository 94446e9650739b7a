/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/ring.h - the page by which a guest and its console talk.
 * Pure: works on memory.
 *
 * The guest can write all of the page at any moment.  What is ours of the
 * indices is read once, when the ring is adopted, and kept here; the guest's are
 * read once per call and believed only as far as the ring is long.  Mapping the
 * page and sending events are the caller's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <xen/io/console.h>

#include "xen-like/base/abi.h"

#define RING_OUTPUT_BYTES sizeof(((struct xencons_interface *)0)->out)
#define RING_INPUT_BYTES  sizeof(((struct xencons_interface *)0)->in)

struct ring {
	struct xencons_interface *shared;
	uint32_t out_cons, in_prod; /* ours; `shared` has copies for the guest */
};

/*
 * Begins, or goes on where another process left off: the page holds what that
 * one had taken and given.
 */
void ring_adopt(struct ring *ring, struct xencons_interface *shared);

/*
 * Copies what the guest has written, and leaves it in the ring.  `bytes` has
 * room for RING_OUTPUT_BYTES.  Returns how many, or -EPROTO: the guest's index is
 * impossible, see ring_resynchronise.
 */
int MUST_CHECK
ring_peek(const struct ring *ring, char *bytes);

/* The first `count` of what was peeked at are safe elsewhere: the guest may have their room. */
void ring_release(struct ring *ring, uint32_t count);

/* Gives up what the guest's index makes no sense of. */
void ring_resynchronise(struct ring *ring);

/* How many bytes the guest can be given now; 0 while its index is impossible. */
size_t ring_room(const struct ring *ring);

/* Gives the guest input; returns how many of the bytes, at most ring_room(). */
size_t MUST_CHECK
ring_put(struct ring *ring, const char *bytes, size_t count);
