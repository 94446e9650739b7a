/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_block_request.c - any slot, any indirect page, any medium: what is
 * let through lies in the guest's pages and on the medium, and is as long as both say.
 */
#include <stdlib.h>
#include <string.h>

#include "pv-drivers/blkback/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_place(const struct block_request *request, const struct request_limits *limits)
{
	require(request->offset % limits->sector_bytes == 0);
	require(request->bytes % limits->sector_bytes == 0);
	require(request->bytes > 0 && request->offset <= limits->sectors * SECTOR_BYTES);
	require(request->bytes <= limits->sectors * SECTOR_BYTES - request->offset);
}

static void check_segments(const struct block_request *request)
{
	uint64_t sum = 0;

	require(request->segments > 0 && request->segments <= REQUEST_SEGMENTS_MOST);
	for (uint32_t i = 0; i < request->segments; i++) {
		require(request->segment[i].bytes > 0);
		require(request->segment[i].offset + request->segment[i].bytes <= GUEST_PAGE_BYTES);
		sum += request->segment[i].bytes;
	}
	require(sum == request->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct blkif_request_segment segments[REQUEST_SEGMENTS_MOST] = {0};
	struct request_limits limits;
	struct block_request request;
	struct blkif_request slot;
	int16_t status;

	if (bytes < 2 + sizeof(slot))
		return 0;
	limits = (struct request_limits){
		.sectors = (uint64_t)(data[0] & 15) << (data[0] >> 4) * 3,
		.sector_bytes = data[1] & 1 ? 4096 : 512,
		.read_only = data[1] & 2,
		.discard = data[1] & 4,
	};
	memcpy(&slot, data + 2, sizeof(slot));
	data += 2 + sizeof(slot);
	bytes -= 2 + sizeof(slot);
	memcpy(segments, data, bytes < sizeof(segments) ? bytes : sizeof(segments));

	status = request_read(&slot, &limits, &request);
	if (status == BLKIF_RSP_OKAY && request.indirect_pages) {
		require(request.segments <= REQUEST_SEGMENTS_MOST);
		status = request_read_indirect(segments, &limits, &request);
	}
	if (status != BLKIF_RSP_OKAY)
		return 0;
	require(!limits.read_only || request.kind == REQUEST_READ);
	if (request.kind == REQUEST_FLUSH)
		return 0;
	check_place(&request, &limits);
	if (request.kind != REQUEST_DISCARD)
		check_segments(&request);
	return 0;
}
