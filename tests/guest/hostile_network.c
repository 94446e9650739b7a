/* SPDX-License-Identifier: MIT */
/* Attacks on an interface's backend, through the rings of a guest that has one. */
#include "pv-drivers/front/network.h"
#include "tests/guest/lib/fronts.h"
#include "tests/guest/lib/hostile.h"

#define PAGES 16

static struct network_front front;
static uint8_t *pages[PAGES], *rings[2];
static uint32_t grants[PAGES];
static bool connected;

static void connect(void)
{
	if (!rings[0]) {
		fronts_init();
		rings[0] = page_alloc();
		rings[1] = page_alloc();
		for (int i = 0; i < PAGES; i++) {
			pages[i] = page_alloc();
			grants[i] = fronts_grant(pages[i], i % 2);
		}
	}
	if (connected &&
	    front_number(&front.device, FRONT_THEIRS, "state", 0) == XenbusStateConnected)
		return;
	if (connected)
		network_leave(&front);
	connected = network_connect(&front, &front_kernel, 0, rings[0], rings[1]);
}

static void push(void)
{
	if (network_push(&front))
		send_port(front.port);
}

static void take_all(void)
{
	struct netif_tx_response sent;
	struct netif_rx_response received;

	for (int tries = 0; tries < 4; tries++) {
		while (network_sent(&front, &sent))
			;
		while (network_received(&front, &received))
			;
		if (front.send.rsp_cons == front.send.req_prod_pvt)
			return;
		front_kernel.wait(front.port);
	}
}

static uint32_t some_grant(void)
{
	return hostile_random() % 4 ? grants[hostile_random() % PAGES] : hostile_random() % 8192;
}

static uint16_t some_size(uint32_t usual)
{
	return (uint16_t)(hostile_random() % 4 ? hostile_random() % usual : hostile_random());
}

/* Pieces, chains and extra infos that fit or do not; bytes that are headers or are not. */
static void malformed(void)
{
	connect();
	for (int i = 0; connected && i < PAGES; i++)
		for (int at = 0; at < 64; at += 4)
			*(uint32_t *)(pages[i] + at) = hostile_random();
	for (uint32_t i = hostile_random() % 64; connected && i; i--) {
		const struct netif_tx_request request = {
			.gref = some_grant(),
			.offset = some_size(4096),
			.flags = (uint16_t)(hostile_random() & hostile_random() & 15),
			.id = (uint16_t)hostile_random(),
			.size = some_size(3000),
		};

		network_put(&front, &request);
	}
	push();
	take_all();
}

/* Packets without an end. */
static void endless(void)
{
	const struct netif_tx_request request = {
		.gref = grants[0], .flags = NETTXF_more_data, .size = 100};

	connect();
	for (int i = 0; connected && i < 200; i++)
		network_put(&front, &request);
	push();
	front_kernel.pause();
}

static void runaway(void)
{
	connect();
	if (!connected)
		return;
	write_once(front.send.sring->req_prod, hostile_random());
	write_once(front.receive.sring->req_prod, hostile_random());
	send_port(front.port);
	write_once(front.receive.sring->rsp_prod, hostile_random());
	front_kernel.pause();
}

/* Room that is none: pages of nobody, for reading only, or no longer granted. */
static void no_room(void)
{
	connect();
	for (uint16_t i = 0; connected && i < 64; i++) {
		uint32_t grant = i % 2 ? some_grant() : fronts_grant(pages[0], false);

		network_offer(&front, i, grant);
		if (!(i % 2) && grant)
			front_kernel.take_back(grant);
	}
	push();
	take_all();
}

static void revoked(void)
{
	connect();
	for (int i = 0; connected && i < 32; i++) {
		const struct netif_tx_request request = {.gref = fronts_grant(pages[1], true),
							 .size = 1000};

		if (!request.gref)
			break;
		network_put(&front, &request);
		push();
		front_kernel.take_back(request.gref);
	}
	take_all();
}

static void storm(void)
{
	connect();
	for (int i = 0; connected && i < 1000; i++)
		send_port(front.port);
}

static void restless(void)
{
	connect();
	if (connected)
		network_leave(&front);
	connected = false;
}

void guest_main(void)
{
	static const struct attack attacks[] = {
		{"network-malformed", malformed, true}, {"network-endless", endless, true},
		{"network-runaway", runaway, true},	{"network-no-room", no_room, true},
		{"network-revoked", revoked, true},	{"network-storm", storm, true},
		{"network-restless", restless, true},
	};

	hostile_run(attacks, ARRAY_SIZE(attacks));
	expect_true("dom0-has-no-interface", store_ring == NULL);
}
