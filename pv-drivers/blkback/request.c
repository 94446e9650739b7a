/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/request.c - request.h says what it is for. */
#include "pv-drivers/blkback/request.h"

#include <string.h>

#define SECTORS_A_PAGE (GUEST_PAGE_BYTES / SECTOR_BYTES)

/* Places `sectors` from `first` on the medium, if they are there and aligned. */
static int16_t place(struct block_request *request, const struct request_limits *limits,
		     uint64_t first, uint64_t sectors)
{
	uint64_t unit = limits->sector_bytes / SECTOR_BYTES;

	if (sectors == 0 || first > limits->sectors || sectors > limits->sectors - first)
		return BLKIF_RSP_ERROR;
	if (unit > 1 && (first % unit || sectors % unit))
		return BLKIF_RSP_ERROR;
	if (first + sectors > INT64_MAX / SECTOR_BYTES)
		return BLKIF_RSP_ERROR;
	request->offset = first * SECTOR_BYTES;
	request->bytes = sectors * SECTOR_BYTES;
	return BLKIF_RSP_OKAY;
}

static int16_t read_segments(const struct blkif_request_segment *segments,
			     const struct request_limits *limits, struct block_request *request)
{
	uint64_t sectors = 0;

	for (uint32_t i = 0; i < request->segments; i++) {
		uint32_t first = segments[i].first_sect, last = segments[i].last_sect;

		if (last >= SECTORS_A_PAGE || first > last)
			return BLKIF_RSP_ERROR;
		request->segment[i] = (struct request_segment){
			.grant = segments[i].gref,
			.offset = (uint16_t)(first * SECTOR_BYTES),
			.bytes = (uint16_t)((last - first + 1) * SECTOR_BYTES),
		};
		sectors += last - first + 1;
	}
	return place(request, limits, request->offset / SECTOR_BYTES, sectors);
}

/* A transfer's direction and first sector; the sectors' number comes of its segments. */
static int16_t begin_transfer(struct block_request *request, const struct request_limits *limits,
			      uint8_t operation, uint64_t sector)
{
	if (operation != BLKIF_OP_READ && operation != BLKIF_OP_WRITE)
		return BLKIF_RSP_EOPNOTSUPP;
	request->kind = operation == BLKIF_OP_READ ? REQUEST_READ : REQUEST_WRITE;
	if (request->kind == REQUEST_WRITE && limits->read_only)
		return BLKIF_RSP_ERROR;
	if (sector > limits->sectors)
		return BLKIF_RSP_ERROR;
	request->offset = sector * SECTOR_BYTES;
	return BLKIF_RSP_OKAY;
}

static int16_t read_direct(const struct blkif_request *slot, const struct request_limits *limits,
			   struct block_request *request)
{
	int16_t status = begin_transfer(request, limits, slot->operation, slot->sector_number);

	if (status != BLKIF_RSP_OKAY)
		return status;
	if (slot->nr_segments == 0 || slot->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return BLKIF_RSP_ERROR;
	request->segments = slot->nr_segments;
	return read_segments(slot->seg, limits, request);
}

static int16_t read_indirect(const struct blkif_request *slot, const struct request_limits *limits,
			     struct block_request *request)
{
	struct blkif_request_indirect indirect;
	int16_t status;

	memcpy(&indirect, slot, sizeof(indirect));
	request->id = indirect.id;
	request->operation = indirect.indirect_op;
	status = begin_transfer(request, limits, indirect.indirect_op, indirect.sector_number);
	if (status != BLKIF_RSP_OKAY)
		return status;
	if (indirect.nr_segments == 0 || indirect.nr_segments > REQUEST_SEGMENTS_MOST)
		return BLKIF_RSP_ERROR;
	request->segments = indirect.nr_segments;
	request->indirect_pages = (request->segments + SEGMENTS_A_PAGE - 1) / SEGMENTS_A_PAGE;
	memcpy(request->indirect, indirect.indirect_grefs, sizeof(request->indirect));
	return BLKIF_RSP_OKAY;
}

static int16_t read_flush(const struct blkif_request *slot, const struct request_limits *limits,
			  struct block_request *request)
{
	request->kind = REQUEST_FLUSH;
	/* One that carries data is of a kind that nobody sends and we do not offer. */
	if (slot->nr_segments != 0)
		return BLKIF_RSP_EOPNOTSUPP;
	return limits->read_only ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_OKAY;
}

static int16_t read_discard(const struct blkif_request *slot, const struct request_limits *limits,
			    struct block_request *request)
{
	struct blkif_request_discard discard;

	memcpy(&discard, slot, sizeof(discard));
	request->id = discard.id;
	request->kind = REQUEST_DISCARD;
	if (limits->read_only || !limits->discard || (discard.flag & BLKIF_DISCARD_SECURE))
		return BLKIF_RSP_EOPNOTSUPP;
	return place(request, limits, discard.sector_number, discard.nr_sectors);
}

int16_t request_read(const struct blkif_request *slot, const struct request_limits *limits,
		     struct block_request *request)
{
	request->id = slot->id;
	request->operation = slot->operation;
	request->kind = REQUEST_READ;
	request->offset = request->bytes = 0;
	request->segments = request->indirect_pages = 0;

	switch (slot->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		return read_direct(slot, limits, request);
	case BLKIF_OP_INDIRECT:
		return read_indirect(slot, limits, request);
	case BLKIF_OP_FLUSH_DISKCACHE:
		return read_flush(slot, limits, request);
	case BLKIF_OP_DISCARD:
		return read_discard(slot, limits, request);
	default: /* a barrier, too: feature-barrier=0 */
		return BLKIF_RSP_EOPNOTSUPP;
	}
}

int16_t request_read_indirect(const struct blkif_request_segment *segments,
			      const struct request_limits *limits, struct block_request *request)
{
	request->indirect_pages = 0;
	return read_segments(segments, limits, request);
}
