// needs: pv-drivers/netback/queue.c pv-drivers/netback/packet.c
// needs: pv-drivers/netback/groups.c pv-drivers/common/limit.c
// needs: pv-drivers/front/network.c pv-drivers/front/front.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_front_network.c - both ends of an interface's rings, pv-drivers/front and
 * netback, in one program without any hypervisor.
 */
#include "tests/unit/network_backend.h"

#include "pv-drivers/front/network.h"

static struct network_front ours;
static uint16_t asked;

static void begin_both(void)
{
	start_front(0);
	network_begin(&ours, rings[0], rings[1]);
	EXPECT(start_backend(false));
	asked = 0;
}

static bool put_one(uint32_t grant, uint16_t size)
{
	const struct netif_tx_request request = {.gref = grant, .id = asked, .size = size};

	if (!network_put(&ours, &request))
		return false;
	asked++;
	return true;
}

/* Frames go out, over more rounds than the ring has slots, and are answered. */
static void test_front_network_sends(void)
{
	struct netif_tx_response response;

	begin_both();
	for (uint32_t round = 0; round < 600; round++) {
		data_pages[0][13] = (uint8_t)round;
		EXPECT(put_one(GRANT_DATA, 60));
		(void)network_push(&ours);
		sent_count = 0;
		EXPECT(queue_send(server, queue));
		EXPECT_EQUAL(sent_count, 1);
		EXPECT_EQUAL(sent[0].bytes[13], (uint8_t)round);
		EXPECT(network_sent(&ours, &response) && response.id == (uint16_t)(asked - 1) &&
		       response.status == NETIF_RSP_OKAY);
		EXPECT(!network_sent(&ours, &response));
	}
	EXPECT(put_one(GRANT_BAD, 60));
	(void)network_push(&ours);
	EXPECT(queue_send(server, queue));
	EXPECT(network_sent(&ours, &response) && response.status == NETIF_RSP_ERROR);
}

/* Frames come in, each into the page that was offered for it. */
static void test_front_network_receives(void)
{
	struct netif_rx_response response;

	begin_both();
	for (uint16_t id = 0; id < 4; id++)
		EXPECT(network_offer(&ours, id, GRANT_DATA + id));
	(void)network_push(&ours);
	comes(100, 7);
	comes(200, 9);
	EXPECT(queue_receive(server, queue));
	EXPECT(network_received(&ours, &response) && response.id == 0 && response.status == 100 &&
	       data_pages[0][99] == 7);
	EXPECT(network_received(&ours, &response) && response.id == 1 && response.status == 200 &&
	       data_pages[1][199] == 9);
	EXPECT(!network_received(&ours, &response));
}

/* The backend that has said that it waits is told, and only then. */
static void test_front_network_events(void)
{
	struct netif_tx_response response;

	begin_both();
	EXPECT(queue_send(server, queue)); /* finds nothing, and waits */
	EXPECT(put_one(GRANT_DATA, 60));
	EXPECT(network_push(&ours));
	EXPECT(put_one(GRANT_DATA, 60));
	EXPECT(!network_push(&ours));
	EXPECT(!network_sent(&ours, &response));
	notified = 0;
	EXPECT(queue_send(server, queue));
	EXPECT_EQUAL(notified, 1);
}

int main(void)
{
	RUN(test_front_network_sends);
	RUN(test_front_network_receives);
	RUN(test_front_network_events);
	end_backend();
	return check_result();
}
