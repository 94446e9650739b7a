// needs: pv-drivers/blkback/queue.c pv-drivers/blkback/request.c pv-drivers/blkback/order.c
// needs: pv-drivers/blkback/held.c
// needs: pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_block_held.c - requests in pages that the front leaves granted
 * (feature-persistent): mapped once, done in place, copied where they are not held.
 */
#include "tests/unit/block_front.h"

/* A request of several pages that the front leaves granted. */
static uint32_t ask_held(uint8_t operation, uint32_t first_grant, uint32_t pages)
{
	uint32_t number = front.producer - front.begin;
	struct blkif_request request = {
		.operation = operation,
		.nr_segments = (uint8_t)pages,
		.id = number,
		.sector_number = 8,
	};

	for (uint32_t i = 0; i < pages; i++)
		request.seg[i] = (struct blkif_request_segment){first_grant + i, 2, 4};
	put(&request);
	return number;
}

/* Mapped once, then done in place; what could not be mapped is copied. */
static void test_block_held_in_place(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	held_begin(&server->held, true);
	mapped = copied = unmapped = 0;
	for (uint32_t i = 0; i < sizeof(medium); i++)
		medium[i] = (uint8_t)(i / SECTOR_BYTES);
	ask_held(BLKIF_OP_READ, HELD_GRANTS + 30, 3);
	EXPECT(serve_all());
	EXPECT_EQUAL(guest_pages[30][2 * SECTOR_BYTES], 8);
	EXPECT_EQUAL(guest_pages[32][5 * SECTOR_BYTES - 1], 16);
	EXPECT_EQUAL(mapped, 3);
	guest_pages[31][4 * SECTOR_BYTES] = 77;
	ask_held(BLKIF_OP_WRITE, HELD_GRANTS + 30, 3);
	ask_held(BLKIF_OP_READ, HELD_GRANTS + 32, 2); /* one of them is new */
	EXPECT(serve_all());
	EXPECT_EQUAL(medium[13 * SECTOR_BYTES], 77);
	EXPECT_EQUAL(mapped, 4);
	EXPECT_EQUAL(copied, 0);
	maps_fail = true;
	ask_held(BLKIF_OP_READ, HELD_GRANTS + 33, 2);
	EXPECT(serve_all());
	maps_fail = false;
	ask_held(BLKIF_OP_READ, HELD_GRANTS + 40, 1); /* it is not tried again */
	EXPECT(serve_all());
	EXPECT_EQUAL(guest_pages[34][2 * SECTOR_BYTES], 11);
	EXPECT_EQUAL(mapped, 4);
	EXPECT_EQUAL(copied, 2);
	EXPECT(all_answered_once());
	for (uint32_t i = 0; i < 5; i++)
		EXPECT_EQUAL(front.status[i], BLKIF_RSP_OKAY);
	held_end(&server->held, NULL);
	EXPECT_EQUAL(unmapped, 4);
}

/* No more is held than there is room for; the rest is copied. */
static void test_block_held_full(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	held_begin(&server->held, true);
	mapped = copied = unmapped = 0;
	for (uint32_t i = 0; i < HELD_MOST / 8; i++) {
		uint32_t grants[8];
		uint8_t *pages[8];

		for (uint32_t each = 0; each < 8; each++)
			grants[each] = HELD_GRANTS + i * 256 + each;
		held_find(&server->held, NULL, grants, 8, pages);
		EXPECT(pages[7] == guest_pages[7]);
	}
	EXPECT_EQUAL(mapped, HELD_MOST);
	ask_held(BLKIF_OP_READ, HELD_GRANTS + 50, 2);
	ask_held(BLKIF_OP_READ, HELD_GRANTS, 8);
	EXPECT(serve_all());
	EXPECT_EQUAL(mapped, HELD_MOST);
	EXPECT_EQUAL(copied, 2);
	EXPECT_EQUAL(front.status[0], BLKIF_RSP_OKAY);
	held_end(&server->held, NULL);
	EXPECT_EQUAL(unmapped, HELD_MOST);
}

/* Nor in more pieces than can be let go of quickly. */
static void test_block_held_pieces(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	held_begin(&server->held, true);
	mapped = unmapped = 0;
	for (uint32_t i = 0; i < 2 * HELD_BATCHES; i++) {
		const uint32_t grant = HELD_GRANTS + 2 * i;
		uint8_t *page;

		held_find(&server->held, NULL, &grant, 1, &page);
		EXPECT_EQUAL(page != NULL, i < HELD_BATCHES);
	}
	EXPECT_EQUAL(mapped, HELD_BATCHES);
	held_end(&server->held, NULL);
	EXPECT_EQUAL(unmapped, HELD_BATCHES);
}

int main(void)
{
	RUN(test_block_held_in_place);
	RUN(test_block_held_full);
	RUN(test_block_held_pieces);
	end_both();
	return check_result();
}
