/* SPDX-License-Identifier: MIT */
/* Attacks on a disk's backend, through the ring of a guest that has the disk xvda. */
#include "pv-drivers/front/block.h"
#include "tests/guest/lib/fronts.h"
#include "tests/guest/lib/hostile.h"

#define XVDA	 51712
#define SEGMENTS BLKIF_MAX_SEGMENTS_PER_REQUEST
#define PAGES	 16

static struct block_front front;
static uint8_t *pages[PAGES], *ring;
static uint32_t grants[PAGES];
static bool connected;

/* Connects, or connects again after the backend has had enough. */
static void connect(void)
{
	if (!ring) {
		fronts_init();
		ring = page_alloc();
		for (int i = 0; i < PAGES; i++) {
			pages[i] = page_alloc();
			grants[i] = fronts_grant(pages[i], i % 4 == 3);
		}
	}
	if (connected &&
	    front_number(&front.device, FRONT_THEIRS, "state", 0) == XenbusStateConnected)
		return;
	if (connected)
		block_leave(&front);
	connected = block_connect(&front, &front_kernel, XVDA, ring, hostile_random() % 2);
}

static void push(void)
{
	if (block_push(&front))
		send_port(front.port);
}

static void take_all(void)
{
	struct blkif_response response;

	for (int tries = 0; tries < 4; tries++) {
		while (block_take(&front, &response))
			;
		if (front.ring.rsp_cons == front.ring.req_prod_pvt)
			return;
		front_kernel.wait(front.port);
	}
}

/* One of ours, or one near, or any number. */
static uint32_t some_grant(void)
{
	switch (hostile_random() % 4) {
	case 0:
		return hostile_random();
	case 1:
		return hostile_random() % 4096;
	default:
		return grants[hostile_random() % PAGES];
	}
}

static uint64_t some_sector(void)
{
	return hostile_random() % 4 ? hostile_random() % 4096
				    : (uint64_t)hostile_random() << (hostile_random() % 33);
}

static void put_nonsense(void)
{
	struct blkif_request request = {
		.operation = (uint8_t)(hostile_random() % 8),
		.nr_segments =
			(uint8_t)(hostile_random() % 8 ? hostile_random() % 13 : hostile_random()),
		.handle = (blkif_vdev_t)hostile_random(),
		.id = (uint64_t)hostile_random() << 32 | hostile_random(),
		.sector_number = some_sector(),
	};

	for (int i = 0; i < SEGMENTS; i++)
		request.seg[i] = (struct blkif_request_segment){some_grant(),
								(uint8_t)(hostile_random() % 10),
								(uint8_t)(hostile_random() % 10)};
	block_put(&front, &request);
}

/* Requests that are none, and some that are. */
static void malformed(void)
{
	connect();
	for (uint32_t i = hostile_random() % 32; connected && i; i--)
		put_nonsense();
	push();
	take_all();
}

/* Lists of segments that are anywhere, and change while they are read. */
static void indirect(void)
{
	struct blkif_request_segment *list;

	connect();
	list = (struct blkif_request_segment *)pages[0];
	for (int i = 0; connected && i < 8; i++) {
		struct blkif_request_indirect request = {
			.operation = BLKIF_OP_INDIRECT,
			.indirect_op = (uint8_t)(hostile_random() % 7),
			.nr_segments = (uint16_t)(hostile_random() % 4 ? hostile_random() % 70
								       : hostile_random()),
			.id = hostile_random(),
			.sector_number = some_sector(),
			.indirect_grefs = {hostile_random() % 4 ? grants[0] : some_grant()},
		};
		struct blkif_request slot = {0};

		memcpy(&slot, &request, sizeof(request));
		block_put(&front, &slot);
	}
	push();
	for (int i = 0; i < 2000; i++) {
		struct blkif_request_segment one = {some_grant(), (uint8_t)hostile_random(),
						    (uint8_t)hostile_random()};

		list[hostile_random() % 512] = one;
	}
	take_all();
}

/* More requests than there are slots: the backend lets go, and is asked to begin again. */
static void runaway(void)
{
	connect();
	if (!connected)
		return;
	write_once(front.ring.sring->req_prod, hostile_random());
	send_port(front.port);
	write_once(front.ring.sring->rsp_prod, hostile_random());
	front_kernel.pause();
}

/* Grants that end while they are used. */
static void revoked(void)
{
	static uint8_t *page;
	struct blkif_request request = {
		.operation = hostile_random() % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE,
		.nr_segments = 1,
		.seg[0] = {.first_sect = 0, .last_sect = 7},
	};

	connect();
	if (!page)
		page = page_alloc();
	for (int i = 0; connected && i < 8; i++) {
		request.seg[0].gref = fronts_grant(page, false);
		if (!request.seg[0].gref)
			break;
		block_put(&front, &request);
		push();
		front_kernel.take_back(request.seg[0].gref);
	}
	take_all();
}

/* Events, and nothing to be done. */
static void storm(void)
{
	connect();
	for (int i = 0; connected && i < 1000; i++)
		send_port(front.port);
}

/* Comes and goes. */
static void restless(void)
{
	connect();
	if (connected)
		block_leave(&front);
	connected = false;
}

void guest_main(void)
{
	static const struct attack attacks[] = {
		{"block-malformed", malformed, true}, {"block-indirect", indirect, true},
		{"block-runaway", runaway, true},     {"block-revoked", revoked, true},
		{"block-storm", storm, true},	      {"block-restless", restless, true},
	};

	hostile_run(attacks, ARRAY_SIZE(attacks));
	expect_true("dom0-has-no-disk", store_ring == NULL);
}
