// needs: pv-drivers/netback/queue.c pv-drivers/netback/packet.c pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_network_queue.c - rings between a front that knows what it asked for and
 * the backend's queue, with a TAP device of a few frames.  The backend is killed after each
 * of its instructions: the processor's single steps tell what it has left in shared memory.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pv-drivers/netback/server.h"
#include "tests/unit/single_step.h"

#define GRANT_SEND    1
#define GRANT_RECEIVE 2
#define GRANT_DATA    100 /* and on: pages of data */
#define GRANT_BAD     999
#define PAGES	      64

/* ---- what the queue calls ------------------------------------------------------------- */

static uint8_t rings[2][PACKET_PAGE_BYTES]; /* the guest's, shared: send, receive */
static uint8_t data_pages[PAGES][PACKET_PAGE_BYTES];
static uint32_t notified;

static struct {
	uint8_t bytes[64]; /* the beginning of each */
	uint32_t length;
} sent[64];
static uint32_t sent_count;

static struct frame coming[8]; /* from outside */
static uint32_t coming_count, coming_taken;

void *guest_map(struct guest *guest, const uint32_t *grants, uint32_t count)
{
	(void)guest;
	return count == 1 && (*grants == GRANT_SEND || *grants == GRANT_RECEIVE)
		       ? rings[*grants - GRANT_SEND]
		       : NULL;
}

void guest_unmap(struct guest *guest, void *pages, uint32_t count)
{
	(void)guest, (void)pages, (void)count;
}

int guest_bind(struct guest *guest, uint32_t port)
{
	(void)guest;
	return (int)port + 70;
}

void guest_unbind(struct guest *guest, int port)
{
	(void)guest, (void)port;
}

void guest_notify(struct guest *guest, int port)
{
	(void)guest;
	notified += port > 70;
}

int guest_copy(struct guest *guest, enum guest_direction direction,
	       const struct guest_piece *pieces, uint32_t count)
{
	(void)guest;
	for (uint32_t i = 0; i < count; i++)
		if (pieces[i].grant < GRANT_DATA || pieces[i].grant >= GRANT_DATA + PAGES)
			return -EFAULT;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *page = data_pages[pieces[i].grant - GRANT_DATA] + pieces[i].offset;

		if (direction == GUEST_READ)
			memcpy(pieces[i].memory, page, pieces[i].bytes);
		else
			memcpy(page, pieces[i].memory, pieces[i].bytes);
	}
	return 0;
}

uint32_t tap_receive(int queue, struct virtio_net_hdr *header, uint8_t *frame, uint32_t room)
{
	const struct frame *next = &coming[coming_taken];

	(void)queue, (void)room;
	if (coming_taken == coming_count)
		return 0;
	coming_taken++;
	*header = next->header;
	memcpy(frame, next->data, next->bytes);
	return next->bytes;
}

void tap_send(int queue, const struct virtio_net_hdr *header, const uint8_t *frame, uint32_t bytes)
{
	(void)queue, (void)header;
	memcpy(sent[sent_count].bytes, frame, MIN(bytes, sizeof(sent[0].bytes)));
	sent[sent_count++].length = bytes;
}

/* ---- the two ends --------------------------------------------------------------------- */

static struct server_memory memory; /* outlives a backend */
static struct server *server;
static struct queue *queue;
static const struct lane_place send_place = {GRANT_SEND, 3}, receive_place = {GRANT_RECEIVE, 4};

static void end_backend(void)
{
	if (server)
		munmap(server->queues[0].frame, 1);
	free(server);
	server = NULL;
}

static bool start_backend(bool again)
{
	end_backend();
	server = calloc(1, sizeof(*server));
	if (queue_make_memory(server))
		abort();
	server->memory = &memory;
	queue = &server->queues[0];
	queue->send = (struct lane){.port = -1, .note = &memory.notes[0][0]};
	queue->receive = (struct lane){.port = -1, .note = &memory.notes[0][1]};
	return queue_attach(server, queue, &send_place, &receive_place, again);
}

static struct ring_page *ring_of(int which)
{
	return (struct ring_page *)rings[which];
}

static void *slot_of(int which, uint32_t index)
{
	uint32_t bytes = which ? 8 : 12;

	return ring_of(which)->slots + (index & (ring_slots(PACKET_PAGE_BYTES, bytes) - 1)) * bytes;
}

static uint32_t begin; /* of both rings' indices */

static void start_front(uint32_t first)
{
	memset(rings, 0, sizeof(rings));
	memset(&memory, 0, sizeof(memory));
	begin = first;
	for (int which = 0; which < 2; which++) {
		ring_of(which)->request_producer = ring_of(which)->response_producer = first;
		ring_of(which)->request_event = ring_of(which)->response_event = first + 1;
	}
	sent_count = coming_count = coming_taken = 0;
}

static void front_sends(uint32_t grant, uint16_t flags, uint16_t size)
{
	uint32_t index = ring_of(0)->request_producer;
	struct netif_tx_request request = {grant, 0, flags, (uint16_t)(index - begin), size};

	memcpy(slot_of(0, index), &request, sizeof(request));
	if (grant >= GRANT_DATA && grant < GRANT_DATA + PAGES)
		memset(data_pages[grant - GRANT_DATA], (int)grant, PACKET_PAGE_BYTES);
	ring_of(0)->request_producer = index + 1;
}

static void front_offers(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = ring_of(1)->request_producer;
		struct netif_rx_request request = {(uint16_t)(index - begin), 0,
						   GRANT_DATA + (index - begin) % PAGES};

		memcpy(slot_of(1, index), &request, sizeof(request));
		ring_of(1)->request_producer = index + 1;
	}
}

static void comes(uint32_t bytes, uint8_t fill)
{
	struct frame *frame = &coming[coming_count++];

	memset(frame->data, fill, bytes);
	frame->header = (struct virtio_net_hdr){0};
	frame->bytes = bytes;
}

static struct netif_tx_response send_answer(uint32_t number)
{
	struct netif_tx_response response;

	memcpy(&response, slot_of(0, begin + number), sizeof(response));
	return response;
}

static struct netif_rx_response receive_answer(uint32_t number)
{
	struct netif_rx_response response;

	memcpy(&response, slot_of(1, begin + number), sizeof(response));
	return response;
}

/* ---- tests ---------------------------------------------------------------------------- */

static void test_network_queue_sends(void)
{
	start_front(0xfffffffd);
	EXPECT(start_backend(false));
	front_sends(100, 0, 60);
	front_sends(101, NETTXF_more_data, 5000);
	front_sends(102, 0, 1000);
	EXPECT(queue_send(server, queue));
	EXPECT_EQUAL(sent_count, 2);
	EXPECT_EQUAL(sent[0].length, 60);
	EXPECT_EQUAL(sent[1].length, 5000);
	EXPECT_EQUAL(sent[1].bytes[5], 101);
	EXPECT_EQUAL(ring_of(0)->response_producer, begin + 3);
	for (uint32_t i = 0; i < 3; i++) {
		EXPECT_EQUAL(send_answer(i).id, i);
		EXPECT_EQUAL(send_answer(i).status, NETIF_RSP_OKAY);
	}
	EXPECT(notified > 0);
}

/* One bad reference costs its own packet. */
static void test_network_queue_bad_grant(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	front_sends(100, 0, 60);
	front_sends(GRANT_BAD, 0, 60);
	front_sends(102, 0, 60);
	EXPECT(queue_send(server, queue));
	EXPECT_EQUAL(sent_count, 2);
	EXPECT_EQUAL(send_answer(0).status, NETIF_RSP_OKAY);
	EXPECT_EQUAL(send_answer(1).status, NETIF_RSP_ERROR);
	EXPECT_EQUAL(send_answer(2).status, NETIF_RSP_OKAY);
}

static void test_network_queue_more_than_a_batch(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	for (uint32_t i = 0; i < 40; i++)
		front_sends(100 + i, 0, 60);
	EXPECT(queue_send(server, queue));
	EXPECT_EQUAL(sent_count, 40);
	EXPECT_EQUAL(ring_of(0)->response_producer, 40);
	EXPECT_EQUAL(ring_of(0)->request_event, 41);
}

static void test_network_queue_endless_packet(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	front_sends(100, NETTXF_more_data, 60);
	EXPECT(!queue_send(server, queue));
	start_front(0);
	EXPECT(start_backend(false));
	ring_of(0)->request_producer = 10000;
	EXPECT(!queue_send(server, queue));
	start_front(0);
	EXPECT(start_backend(false));
	comes(60, 7);
	ring_of(1)->request_producer = 10000;
	EXPECT(!queue_receive(server, queue));
}

static void test_network_queue_receives(void)
{
	start_front(0xfffffffe);
	EXPECT(start_backend(false));
	front_offers(8);
	comes(60, 1);
	comes(6000, 2);
	comes(100, 3);
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, begin + 4);
	EXPECT_EQUAL(receive_answer(0).status, 60);
	EXPECT_EQUAL(receive_answer(1).status, 4096);
	EXPECT_EQUAL(receive_answer(1).flags, NETRXF_more_data);
	EXPECT_EQUAL(receive_answer(2).status, 1904);
	EXPECT_EQUAL(receive_answer(3).id, 3);
	EXPECT_EQUAL(data_pages[0][59], 1);
	EXPECT_EQUAL(data_pages[2][1903], 2);
	EXPECT_EQUAL(data_pages[3][0], 3);
	EXPECT(!queue->stalled);
}

/* A frame waits for the guest's slots, and the guest is told how many it takes. */
static void test_network_queue_waits_for_room(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	front_offers(2);
	comes(60, 1);
	comes(9000, 2);
	comes(60, 3);
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, 1);
	EXPECT(queue->stalled);
	EXPECT_EQUAL(ring_of(1)->request_event, 4);
	front_offers(2);
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, 4);
	EXPECT_EQUAL(data_pages[3][9000 - 8192 - 1], 2);
	front_offers(1);
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, 5);
	EXPECT_EQUAL(data_pages[4][0], 3);
}

/* Pages that are not the guest's to give cost the frames that would go there. */
static void test_network_queue_bad_room(void)
{
	struct netif_rx_request request = {1, 0, GRANT_BAD};

	start_front(0);
	EXPECT(start_backend(false));
	front_offers(3);
	memcpy(slot_of(1, 1), &request, sizeof(request));
	comes(60, 1);
	comes(60, 2);
	comes(60, 3);
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(receive_answer(0).status, 60);
	EXPECT_EQUAL(receive_answer(1).status, NETIF_RSP_ERROR);
	EXPECT_EQUAL(receive_answer(1).id, 1);
	EXPECT_EQUAL(receive_answer(2).status, 60);
}

/* ---- death at any instruction ---------------------------------------------------------- */

struct shared {
	uint8_t rings[2][PACKET_PAGE_BYTES];
	struct server_memory memory;
};

#define STATES_MOST 2048
static struct shared *states;
static uint32_t state_count;
static volatile uint32_t steps;

static void remember(struct shared *state)
{
	memcpy(state->rings, rings, sizeof(rings));
	state->memory = memory;
}

static void on_step(int signal)
{
	const struct shared *last = &states[state_count - 1];

	(void)signal;
	steps++;
	if (!memcmp(last->rings, rings, sizeof(rings)) &&
	    !memcmp(last->memory.notes[0], memory.notes[0], sizeof(memory.notes[0])))
		return;
	if (state_count == STATES_MOST)
		abort();
	remember(&states[state_count++]);
}

/* Each request is answered once, by a response that has its id. */
static bool all_answered(void)
{
	bool good = ring_of(0)->response_producer == begin + 4 &&
		    ring_of(1)->response_producer - begin >= 3;

	for (uint32_t i = 0; i < 4; i++)
		good = good && send_answer(i).id == i && send_answer(i).status == NETIF_RSP_OKAY;
	for (uint32_t i = 0; i < ring_of(1)->response_producer - begin; i++)
		good = good && receive_answer(i).id == i && receive_answer(i).status > 0;
	return good;
}

/* Pages that frames from outside do not come into. */
#define FIRST_SENT (GRANT_DATA + 40)

/* What went out is what the guest gave, whole: perhaps twice, never anything else. */
static bool only_its_own_frames(void)
{
	for (uint32_t i = 0; i < sent_count; i++)
		for (uint32_t k = 0; k < 60; k++)
			if (sent[i].bytes[k] < FIRST_SENT || sent[i].bytes[k] > FIRST_SENT + 3 ||
			    sent[i].bytes[k] != sent[i].bytes[0])
				return false;
	return true;
}

static void prepare(void)
{
	start_front(0xfffffffe);
	for (uint32_t i = 0; i < 4; i++)
		front_sends(FIRST_SENT + i, 0, 60);
	front_offers(12);
	comes(60, 200);
	comes(5000, 201);
}

static void test_network_queue_killed_at_each_instruction(void)
{
	uint32_t with_note = 0;

	states = malloc(STATES_MOST * sizeof(*states));
	state_count = 1;
	steps = 0;
	prepare();
	EXPECT(start_backend(false));
	remember(&states[0]);
	single_step_with(on_step);
	SINGLE_STEP_ON;
	bool good = queue_send(server, queue) && queue_receive(server, queue);
	SINGLE_STEP_OFF;
	EXPECT(good);
	EXPECT(steps > 1000);
	EXPECT(state_count > 10);
	for (uint32_t i = 0; i < state_count; i++) {
		with_note +=
			states[i].memory.notes[0][0].count || states[i].memory.notes[0][1].count;
		memcpy(rings, states[i].rings, sizeof(rings));
		memory = states[i].memory;
		sent_count = 0;
		coming_taken = 0;
		EXPECT(start_backend(true));
		EXPECT(queue_send(server, queue) && queue_receive(server, queue));
		EXPECT(all_answered());
		EXPECT(only_its_own_frames());
	}
	EXPECT(with_note > 3);
	free(states);
}

int main(void)
{
	RUN(test_network_queue_sends);
	RUN(test_network_queue_bad_grant);
	RUN(test_network_queue_more_than_a_batch);
	RUN(test_network_queue_endless_packet);
	RUN(test_network_queue_receives);
	RUN(test_network_queue_waits_for_room);
	RUN(test_network_queue_bad_room);
	RUN(test_network_queue_killed_at_each_instruction);
	end_backend();
	return check_result();
}
