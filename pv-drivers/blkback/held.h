/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/held.h - pages that a guest's front end has granted for good
 * (feature-persistent) and we keep mapped, so that a request is done in them: without a
 * copy, and without a hypercall.  Data only, never what decides anything.
 *
 * A page that is not held is copied: one that did not fit, or could not be mapped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pv-drivers/common/guest.h"

#define HELD_MOST   1024	    /* pages of a disk: 4 MiB of the guest's */
#define HELD_PLACES (2 * HELD_MOST) /* a power of two                        */
/* What is mapped together is unmapped together: when a backend ends, each is a flush of TLBs. */
#define HELD_BATCHES 256

struct held {
	bool wanted; /* the front end leaves its grants as they are */
	uint32_t count, batches;
	struct {
		uint8_t *pages;
		uint32_t count;
	} batch[HELD_BATCHES]; /* mapped together */
	struct {
		uint8_t *page; /* NULL: nothing here */
		uint32_t grant;
	} place[HELD_PLACES];
};

/* Nothing is held. */
void held_begin(struct held *held, bool wanted);
/*
 * Where these grants' pages are, at most GUEST_MAP_MOST: pages[i] is NULL for one that is
 * not held.  Maps what it has not seen before, as long as there is room.
 */
void held_find(struct held *held, struct guest *guest, const uint32_t *grants, uint32_t count,
	       uint8_t **pages);
/* Lets go of all; no request may be under way in them. */
void held_end(struct held *held, struct guest *guest);
