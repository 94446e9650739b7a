/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/front/block.h - a disk, as its guest has it: one ring of one page
 * (<xen/io/blkif.h>).
 */
#pragma once

#include "pv-drivers/front/front.h"
#include "pv-drivers/front/rings.h"

#include <xen/io/blkif.h>

#define BLOCK_RING_BYTES 4096

struct block_front {
	struct front_device device;
	struct blkif_front_ring ring;
	uint32_t grant, port;
	uint64_t sectors; /* of 512 bytes, whatever the sector's size */
	uint32_t sector_bytes;
	bool read_only, flush, discard;
};

/* ---- the ring alone: either end of it may be in the same program ---- */

/* Begins with an empty ring in this page. */
void block_begin(struct block_front *front, void *page);
/* Puts a request in, not to be seen yet; false: there is no slot. */
bool block_put(struct block_front *front, const struct blkif_request *request);
/* Shows what was put; whether the backend wants an event. */
bool block_push(struct block_front *front);
/* The next response; false: there is none, and an event comes with the next. */
bool block_take(struct block_front *front, struct blkif_response *response);

/* ---- a device ---- */

/*
 * Finds disk `number` (51712 is xvda), and connects it.  `lasting`: grants of data are
 * left as they are when a request has been answered (feature-persistent).
 */
bool block_connect(struct block_front *front, const struct front_kernel *kernel, uint32_t number,
		   void *page, bool lasting);
/* Does one request, alone, and waits for its answer: its status. */
int16_t block_do(struct block_front *front, const struct blkif_request *request);
/* Closes it; the ring's page is the guest's again. */
bool block_leave(struct block_front *front);
