/* SPDX-License-Identifier: MIT */
/*
 * The disk xvda by pv-drivers/front: what is asked of it, and what it refuses.  For a
 * guest with a disk of 1 MiB or more that may be written; dom0 has none.
 */
#include "pv-drivers/front/block.h"
#include "tests/guest/lib/fronts.h"

#define XVDA	 51712
#define SEGMENTS BLKIF_MAX_SEGMENTS_PER_REQUEST
#define SECTOR	 512
#define NOWHERE	 (1u << 20) /* a grant nobody gave */

static struct block_front front;
static uint8_t *pages[SEGMENTS];
static uint32_t grants[SEGMENTS];
static uint64_t asked;

static void fill(uint8_t seed)
{
	for (uint32_t i = 0; i < SEGMENTS; i++)
		for (uint32_t at = 0; at < PAGE_SIZE; at++)
			pages[i][at] = (uint8_t)(seed + i * 7 + at / 64);
}

static bool holds(uint8_t seed, uint32_t begin, uint32_t end)
{
	for (uint32_t i = 0; i < SEGMENTS; i++)
		for (uint32_t at = begin; at < end; at++)
			if (pages[i][at] != (uint8_t)(seed + i * 7 + at / 64))
				return false;
	return true;
}

static void wipe(void)
{
	for (uint32_t i = 0; i < SEGMENTS; i++)
		memset(pages[i], 0xee, PAGE_SIZE);
}

/* Sectors `first` to `last` of each page. */
static struct blkif_request request(uint8_t operation, uint64_t sector, uint32_t segments,
				    uint8_t first, uint8_t last)
{
	struct blkif_request made = {.operation = operation,
				     .nr_segments = (uint8_t)segments,
				     .id = ++asked,
				     .sector_number = sector};

	for (uint32_t i = 0; i < segments && i < SEGMENTS; i++)
		made.seg[i] = (struct blkif_request_segment){grants[i], first, last};
	return made;
}

static int16_t ask(uint8_t operation, uint64_t sector, uint32_t segments, uint8_t first,
		   uint8_t last)
{
	struct blkif_request made = request(operation, sector, segments, first, last);

	return block_do(&front, &made);
}

static void transfers(void)
{
	fill(1);
	expect("write", ask(BLKIF_OP_WRITE, 0, SEGMENTS, 0, 7), BLKIF_RSP_OKAY);
	wipe();
	expect("read", ask(BLKIF_OP_READ, 0, SEGMENTS, 0, 7), BLKIF_RSP_OKAY);
	expect_true("what-was-written", holds(1, 0, PAGE_SIZE));
	fill(2);
	expect("write-parts", ask(BLKIF_OP_WRITE, 500, SEGMENTS, 3, 5), BLKIF_RSP_OKAY);
	wipe();
	expect("read-parts", ask(BLKIF_OP_READ, 500, SEGMENTS, 3, 5), BLKIF_RSP_OKAY);
	expect_true("what-was-written-in-parts", holds(2, 3 * SECTOR, 6 * SECTOR));
	expect_true("and-no-more",
		    pages[0][3 * SECTOR - 1] == 0xee && pages[0][6 * SECTOR] == 0xee);
	if (front.flush)
		expect("flush", ask(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0, 0), BLKIF_RSP_OKAY);
}

static bool refused(const struct blkif_request *made)
{
	return block_do(&front, made) != BLKIF_RSP_OKAY;
}

static void refusals(void)
{
	struct blkif_request made = request(BLKIF_OP_READ, front.sectors - 1, 1, 0, 7);

	expect_true("beyond-the-end", refused(&made));
	made = request(BLKIF_OP_READ, ~0ull, 1, 0, 7);
	expect_true("far-beyond-the-end", refused(&made));
	made = request(BLKIF_OP_READ, 0, SEGMENTS + 1, 0, 7);
	expect_true("too-many-segments", refused(&made));
	made = request(BLKIF_OP_READ, 0, 1, 5, 4);
	expect_true("a-segment-that-ends-before-it-begins", refused(&made));
	made = request(BLKIF_OP_READ, 0, 1, 0, 8);
	expect_true("a-segment-beyond-its-page", refused(&made));
	made = request(77, 0, 1, 0, 7);
	expect_true("an-operation-there-is-not", refused(&made));
	made = request(BLKIF_OP_WRITE, 0, 2, 0, 7);
	made.seg[1].gref = NOWHERE;
	expect_true("a-grant-there-is-not", refused(&made));
	fill(3);
	expect("and-then-goes-on", ask(BLKIF_OP_WRITE, 64, 2, 0, 7), BLKIF_RSP_OKAY);
}

/* As many as there are slots for, answered each once. */
static void many(void)
{
	uint32_t slots = RING_SIZE(&front.ring), done = 0;
	uint64_t first = asked + 1, seen = 0;
	struct blkif_response response;

	for (uint32_t i = 0; i < slots; i++) {
		struct blkif_request made = request(BLKIF_OP_READ, i * 8, 1, 0, 7);

		need(block_put(&front, &made));
	}
	expect_true("no-more-than-slots", RING_FULL(&front.ring));
	if (block_push(&front))
		send_port(front.port);
	for (int tries = 0; done < slots && tries < 1000; tries++) {
		while (done < slots && block_take(&front, &response)) {
			seen |= response.status == BLKIF_RSP_OKAY ? 1ull << (response.id - first)
								  : 0;
			done++;
		}
		if (done < slots)
			front_kernel.wait(front.port);
	}
	expect("each-answered-once", seen, slots == 64 ? ~0ull : (1ull << slots) - 1);
}

/* First as one who ends each grant, then as one who leaves them. */
void guest_main(void)
{
	void *ring;

	if (!rings_init()) {
		expect_true("dom0-has-no-disk", true);
		return;
	}
	fronts_init();
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		pages[i] = page_alloc();
		grants[i] = fronts_grant(pages[i], false);
	}
	ring = page_alloc();
	if (!block_connect(&front, &front_kernel, XVDA, ring, false)) {
		expect_true("no-disk-no-front", true);
		return;
	}
	expect_true("sectors", front.sectors >= 2048 && front.sector_bytes == 512);
	transfers();
	refusals();
	many();
	expect_true("leaves", block_leave(&front));
	need(block_connect(&front, &front_kernel, XVDA, ring, true));
	transfers();
	transfers();
	refusals();
	expect_true("leaves-again", block_leave(&front));
}
