// needs: pv-drivers/blkback/queue.c pv-drivers/blkback/request.c pv-drivers/blkback/order.c
// needs: pv-drivers/blkback/held.c pv-drivers/front/block.c pv-drivers/front/front.c
// needs: pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_front_block.c - both ends of a disk's ring, pv-drivers/front and blkback,
 * in one program without any hypervisor.
 */
#include "tests/unit/block_front.h"

#include "pv-drivers/front/block.h"

static struct block_front ours;
static uint64_t asked;

static void begin(void)
{
	start_front(0);
	block_begin(&ours, ring_memory);
	EXPECT(start_backend(false));
	asked = 0;
}

static void run_backend(void)
{
	EXPECT(queue_serve(server, queue));
	while (submitted_count)
		finish(submitted_count - 1, 0);
	queue_publish(server, queue);
}

static bool put_one(uint8_t operation, uint64_t sector, uint32_t grant)
{
	const struct blkif_request request = {
		.operation = operation,
		.nr_segments = 1,
		.id = asked,
		.sector_number = sector,
		.seg[0] = {.gref = grant, .first_sect = 1, .last_sect = 1},
	};

	if (!block_put(&ours, &request))
		return false;
	asked++;
	return true;
}

/* What one end writes the other reads, over more rounds than the ring has slots. */
static void test_front_block_rounds(void)
{
	struct blkif_response response;

	begin();
	for (uint32_t round = 0; round < 100; round++) {
		uint8_t *from = guest_pages[20] + SECTOR_BYTES,
			*to = guest_pages[21] + SECTOR_BYTES;

		memset(from, (int)round, SECTOR_BYTES);
		memset(to, 0xff, SECTOR_BYTES);
		EXPECT(put_one(BLKIF_OP_WRITE, round % SECTORS, 20));
		(void)block_push(&ours);
		run_backend();
		EXPECT(block_take(&ours, &response) && response.id == asked - 1 &&
		       response.status == BLKIF_RSP_OKAY);
		EXPECT(put_one(BLKIF_OP_READ, round % SECTORS, 21));
		(void)block_push(&ours);
		run_backend();
		EXPECT(block_take(&ours, &response) && response.id == asked - 1 &&
		       response.status == BLKIF_RSP_OKAY);
		EXPECT(!block_take(&ours, &response));
		EXPECT(!memcmp(from, to, SECTOR_BYTES));
	}
}

static void test_front_block_full(void)
{
	struct blkif_response response;
	uint32_t taken = 0;

	begin();
	while (put_one(BLKIF_OP_READ, 0, 20))
		;
	EXPECT_EQUAL(asked, slots());
	(void)block_push(&ours);
	EXPECT(!put_one(BLKIF_OP_READ, 0, 20));
	run_backend();
	while (block_take(&ours, &response))
		EXPECT_EQUAL(response.id, taken++);
	EXPECT_EQUAL(taken, slots());
	EXPECT(put_one(BLKIF_OP_READ, 0, 20));
}

/* Either end is told when it has said that it waits, and only then. */
static void test_front_block_events(void)
{
	struct blkif_response response;

	begin();
	run_backend(); /* finds nothing, and waits */
	EXPECT(put_one(BLKIF_OP_READ, 0, 20));
	EXPECT(block_push(&ours));
	EXPECT(put_one(BLKIF_OP_READ, 0, 20));
	EXPECT(!block_push(&ours));
	EXPECT(!block_take(&ours, &response)); /* waits for the next response */
	notified = 0;
	run_backend();
	EXPECT_EQUAL(notified, 1);
	EXPECT(block_take(&ours, &response)); /* and has not said that it waits for the second */
	EXPECT(put_one(BLKIF_OP_READ, 0, 20));
	EXPECT(block_push(&ours));
	run_backend();
	EXPECT_EQUAL(notified, 1);
}

int main(void)
{
	RUN(test_front_block_rounds);
	RUN(test_front_block_full);
	RUN(test_front_block_events);
	end_both();
	return check_result();
}
