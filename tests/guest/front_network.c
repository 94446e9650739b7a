/* SPDX-License-Identifier: MIT */
/*
 * The interface 0 by pv-drivers/front: dom0, at 10.9.0.1, is asked for its MAC address and
 * says it; what is refused.  For a guest with an interface; dom0 has none.
 */
#include "pv-drivers/front/network.h"
#include "tests/guest/lib/fronts.h"

#define BUFFERS	 64
#define NOWHERE	 (1u << 20) /* a grant nobody gave */
#define ARP_SIZE 42

static struct network_front front;
static uint8_t *buffers[BUFFERS], *frame;
static uint32_t buffer_grants[BUFFERS], frame_grant;
static const uint8_t our_mac[6] = {0x00, 0x16, 0x3e, 0x00, 0x00, 0x77};
static const uint8_t our_address[4] = {10, 9, 0, 77}, their_address[4] = {10, 9, 0, 1};

/* "Who has their_address?", to all. */
static void make_question(void)
{
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1};

	memset(frame, 0, PAGE_SIZE);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, our_mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, our_mac, 6);
	memcpy(frame + 28, our_address, 4);
	memcpy(frame + 38, their_address, 4);
}

static bool is_answer(const uint8_t *got)
{
	return memcmp(got, our_mac, 6) == 0 && got[12] == 0x08 && got[13] == 0x06 && got[21] == 2 &&
	       memcmp(got + 28, their_address, 4) == 0 && memcmp(got + 38, our_address, 4) == 0;
}

static void push(void)
{
	if (network_push(&front))
		send_port(front.port);
}

/* Sends it and waits for the response; 99: there is none in time. */
static int16_t send(uint32_t grant, uint16_t offset, uint16_t size, uint16_t flags)
{
	static uint16_t id;
	const struct netif_tx_request request = {
		.gref = grant, .offset = offset, .flags = flags, .id = ++id, .size = size};
	struct netif_tx_response response;

	need(network_put(&front, &request));
	push();
	for (int tries = 0; tries < 200; tries++) {
		if (network_sent(&front, &response))
			return response.id == id ? response.status : 98;
		front_kernel.wait(front.port);
	}
	return 99;
}

/* Takes what has come, and offers its pages again; whether the answer was in it. */
static bool take_answer(void)
{
	struct netif_rx_response response;
	bool found = false;

	while (network_received(&front, &response)) {
		if (response.id >= BUFFERS) {
			expect_true("id-is-ours", false);
			return false;
		}
		if (response.status >= ARP_SIZE)
			found |= is_answer(buffers[response.id] + response.offset);
		network_offer(&front, response.id, buffer_grants[response.id]);
	}
	push();
	return found;
}

static bool asks_and_is_told(void)
{
	make_question();
	for (int questions = 0; questions < 5; questions++) {
		if (send(frame_grant, 0, ARP_SIZE, 0) != NETIF_RSP_OKAY)
			return false;
		for (int tries = 0; tries < 50; tries++) {
			if (take_answer())
				return true;
			front_kernel.wait(front.port);
		}
	}
	return false;
}

static void begin(void *send_page, void *receive_page)
{
	need(network_connect(&front, &front_kernel, 0, send_page, receive_page));
	for (uint16_t i = 0; i < BUFFERS; i++)
		network_offer(&front, i, buffer_grants[i]);
	push();
}

void guest_main(void)
{
	void *send_page, *receive_page;
	struct front_device device;

	if (!rings_init()) {
		expect_true("dom0-has-no-interface", true);
		return;
	}
	fronts_init();
	if (!front_find(&device, &front_kernel, "vif", 0)) {
		expect_true("no-interface-no-front", true);
		return;
	}
	for (int i = 0; i < BUFFERS; i++) {
		buffers[i] = page_alloc();
		buffer_grants[i] = fronts_grant(buffers[i], false);
	}
	frame = page_alloc();
	frame_grant = fronts_grant(frame, true);
	send_page = page_alloc();
	receive_page = page_alloc();
	begin(send_page, receive_page);
	expect_true("is-answered", asks_and_is_told());
	expect_true("a-grant-there-is-not", send(NOWHERE, 0, 60, 0) == NETIF_RSP_ERROR);
	expect_true("shorter-than-a-header", send(frame_grant, 0, 10, 0) == NETIF_RSP_ERROR);
	expect_true("is-answered-still", asks_and_is_told());
	expect_true("leaves", network_leave(&front));
	begin(send_page, receive_page);
	expect_true("is-answered-again", asks_and_is_told());
	expect_true("leaves-again", network_leave(&front));
}
