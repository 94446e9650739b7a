// needs: pv-drivers/blkback/request.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_block_request.c - a guest's bytes become a request that can be
 * done, or a status.
 */
#include "tests/unit/check.h"

#include "pv-drivers/blkback/request.h"

static const struct request_limits plain = {1000, 512, false, true};
static const struct request_limits big_sectors = {1000, 4096, false, true};
static const struct request_limits read_only = {1000, 512, true, false};
static struct block_request request;

static struct blkif_request transfer(uint8_t operation, uint64_t sector, uint8_t first,
				     uint8_t last)
{
	return (struct blkif_request){
		.operation = operation,
		.nr_segments = 1,
		.id = 42,
		.sector_number = sector,
		.seg[0] = {.gref = 9, .first_sect = first, .last_sect = last},
	};
}

static int16_t read_transfer(uint8_t operation, uint64_t sector, uint8_t first, uint8_t last,
			     const struct request_limits *limits)
{
	struct blkif_request slot = transfer(operation, sector, first, last);

	return request_read(&slot, limits, &request);
}

static void test_block_request_plain(void)
{
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 10, 1, 3, &plain), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request.kind, REQUEST_READ);
	EXPECT_EQUAL(request.id, 42);
	EXPECT_EQUAL(request.offset, 5120);
	EXPECT_EQUAL(request.bytes, 1536);
	EXPECT_EQUAL(request.segments, 1);
	EXPECT_EQUAL(request.segment[0].grant, 9);
	EXPECT_EQUAL(request.segment[0].offset, 512);
	EXPECT_EQUAL(request.segment[0].bytes, 1536);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_WRITE, 992, 0, 7, &plain), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request.kind, REQUEST_WRITE);
}

static void test_block_request_beyond_the_medium(void)
{
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 993, 0, 7, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 1000, 0, 0, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, UINT64_MAX, 0, 0, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_WRITE, UINT64_MAX - 3, 0, 7, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 999, 0, 0, &plain), BLKIF_RSP_OKAY);
}

static void test_block_request_segments(void)
{
	struct blkif_request slot;

	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 0, 0, 8, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 0, 3, 2, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 0, 255, 255, &plain), BLKIF_RSP_ERROR);
	slot = transfer(BLKIF_OP_READ, 0, 0, 7);
	slot.nr_segments = 0;
	EXPECT_EQUAL(request_read(&slot, &plain, &request), BLKIF_RSP_ERROR);
	slot.nr_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST + 1;
	EXPECT_EQUAL(request_read(&slot, &plain, &request), BLKIF_RSP_ERROR);
	slot.nr_segments = 255;
	EXPECT_EQUAL(request_read(&slot, &plain, &request), BLKIF_RSP_ERROR);
}

static void test_block_request_big_sectors(void)
{
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 8, 0, 7, &big_sectors), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 9, 0, 7, &big_sectors), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 8, 0, 6, &big_sectors), BLKIF_RSP_ERROR);
}

static void test_block_request_read_only(void)
{
	struct blkif_request flush = {.operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 1};

	EXPECT_EQUAL(read_transfer(BLKIF_OP_READ, 0, 0, 7, &read_only), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(read_transfer(BLKIF_OP_WRITE, 0, 0, 7, &read_only), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(request_read(&flush, &read_only, &request), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(request_read(&flush, &plain, &request), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request.kind, REQUEST_FLUSH);
	EXPECT_EQUAL(request.bytes, 0);
	flush.nr_segments = 1;
	EXPECT_EQUAL(request_read(&flush, &plain, &request), BLKIF_RSP_EOPNOTSUPP);
}

/* Barriers, packets, and what nobody has thought of yet. */
static void test_block_request_operations(void)
{
	EXPECT_EQUAL(read_transfer(BLKIF_OP_WRITE_BARRIER, 0, 0, 7, &plain), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(request.operation, BLKIF_OP_WRITE_BARRIER);
	EXPECT_EQUAL(request.id, 42);
	for (int operation = 4; operation < 256; operation++)
		if (operation != BLKIF_OP_DISCARD && operation != BLKIF_OP_INDIRECT)
			EXPECT_EQUAL(read_transfer((uint8_t)operation, 0, 0, 7, &plain),
				     BLKIF_RSP_EOPNOTSUPP);
}

static int16_t read_discard(uint64_t sector, uint64_t sectors, uint8_t flag,
			    const struct request_limits *limits)
{
	struct blkif_request_discard discard = {
		.operation = BLKIF_OP_DISCARD,
		.flag = flag,
		.id = 8,
		.sector_number = sector,
		.nr_sectors = sectors,
	};
	struct blkif_request slot = {0};

	memcpy(&slot, &discard, sizeof(discard));
	return request_read(&slot, limits, &request);
}

static void test_block_request_discard(void)
{
	struct request_limits without = plain;

	without.discard = false;
	EXPECT_EQUAL(read_discard(8, 992, 0, &plain), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request.kind, REQUEST_DISCARD);
	EXPECT_EQUAL(request.id, 8);
	EXPECT_EQUAL(request.offset, 4096);
	EXPECT_EQUAL(request.bytes, 992 * 512);
	EXPECT_EQUAL(read_discard(8, 993, 0, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_discard(8, UINT64_MAX - 2, 0, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_discard(8, 0, 0, &plain), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_discard(8, 8, BLKIF_DISCARD_SECURE, &plain), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(read_discard(8, 8, 0, &without), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(read_discard(8, 8, 0, &read_only), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(read_discard(9, 8, 0, &big_sectors), BLKIF_RSP_ERROR);
}

static int16_t read_indirect(uint8_t operation, uint16_t segments)
{
	struct blkif_request_indirect indirect = {
		.operation = BLKIF_OP_INDIRECT,
		.indirect_op = operation,
		.nr_segments = segments,
		.id = 77,
		.sector_number = 16,
		.indirect_grefs = {5},
	};
	struct blkif_request slot = {0};

	memcpy(&slot, &indirect, sizeof(indirect));
	return request_read(&slot, &plain, &request);
}

static void test_block_request_indirect(void)
{
	struct blkif_request_segment segments[REQUEST_SEGMENTS_MOST];

	for (uint32_t i = 0; i < REQUEST_SEGMENTS_MOST; i++)
		segments[i] = (struct blkif_request_segment){i, 0, 7};
	EXPECT_EQUAL(read_indirect(BLKIF_OP_WRITE, REQUEST_SEGMENTS_MOST), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request.indirect_pages, 1);
	EXPECT_EQUAL(request.indirect[0], 5);
	/* What stock fronts compare with what they asked for. */
	EXPECT_EQUAL(request.operation, BLKIF_OP_WRITE);
	EXPECT_EQUAL(request_read_indirect(segments, &plain, &request), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request.bytes, REQUEST_SEGMENTS_MOST * 4096);
	EXPECT_EQUAL(request.offset, 16 * 512);
	EXPECT_EQUAL(request.indirect_pages, 0);
	segments[5].last_sect = 8;
	EXPECT_EQUAL(read_indirect(BLKIF_OP_WRITE, 6), BLKIF_RSP_OKAY);
	EXPECT_EQUAL(request_read_indirect(segments, &plain, &request), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_indirect(BLKIF_OP_WRITE, REQUEST_SEGMENTS_MOST + 1), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_indirect(BLKIF_OP_WRITE, 0), BLKIF_RSP_ERROR);
	EXPECT_EQUAL(read_indirect(BLKIF_OP_INDIRECT, 1), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(read_indirect(BLKIF_OP_FLUSH_DISKCACHE, 1), BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(request.id, 77);
}

int main(void)
{
	RUN(test_block_request_plain);
	RUN(test_block_request_beyond_the_medium);
	RUN(test_block_request_segments);
	RUN(test_block_request_big_sectors);
	RUN(test_block_request_read_only);
	RUN(test_block_request_operations);
	RUN(test_block_request_discard);
	RUN(test_block_request_indirect);
	return check_result();
}
