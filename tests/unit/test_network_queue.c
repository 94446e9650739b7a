// needs: pv-drivers/netback/queue.c pv-drivers/netback/packet.c
// needs: pv-drivers/netback/groups.c pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_network_queue.c - rings between a front that knows what it asked for and
 * the backend's queue, with a TAP device of a few frames.  The backend is killed after each
 * of its instructions: the processor's single steps tell what it has left in shared memory.
 */
#include "tests/unit/network_backend.h"
#include "tests/unit/single_step.h"

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

/* Whole pages of a packet are whole pages of ours. */
static void test_network_queue_pages(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	crossing = 0;
	front_sends(100, NETTXF_more_data, 66 + 3000 + 2 * PACKET_PAGE_BYTES + 500);
	front_sends(101, NETTXF_more_data, 3000);
	front_sends(102, NETTXF_more_data, PACKET_PAGE_BYTES);
	front_sends(103, NETTXF_more_data, PACKET_PAGE_BYTES);
	front_sends(104, 0, 500);
	EXPECT(queue_send(server, queue));
	EXPECT_EQUAL(sent_count, 1);
	EXPECT_EQUAL(sent[0].length, 66 + 3000 + 2 * PACKET_PAGE_BYTES + 500);
	EXPECT_EQUAL(crossing, 0);
	comes(3 * PACKET_PAGE_BYTES, 9);
	front_offers(8);
	server->scatter = true;
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, begin + 3);
	EXPECT_EQUAL(crossing, 0);
}

/* A guest that names its groups is given what is for them, for itself, and for all. */
static void test_network_queue_groups(void)
{
	struct groups *groups = &memory.groups;
	const uint8_t group[6] = {0x33, 0x33, 0, 0, 0, 1}, none[6] = {0x00, 0x16, 0x3e, 0, 0, 1};
	struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD};

	start_front(0);
	EXPECT(start_backend(false));
	EXPECT(groups_want(groups, group));
	groups_begin(groups, true);
	memcpy(extra.u.mcast.addr, group, sizeof(group));
	front_sends(0, NETTXF_extra_info, 0);
	memcpy(slot_of(0, begin + 1), &extra, sizeof(extra));
	ring_of(0)->request_producer++;
	comes(100, 0x33);
	front_offers(4);
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, begin); /* 33:33:33:..: not its group */
	EXPECT(queue_send(server, queue));
	EXPECT_EQUAL(sent_count, 0);
	EXPECT_EQUAL(send_answer(0).status, NETIF_RSP_OKAY);
	comes(100, 0x33);
	memcpy(coming[1].data, group, sizeof(group));
	comes(100, 0xff); /* to all */
	comes(100, 0);	  /* to one */
	EXPECT(queue_receive(server, queue));
	EXPECT_EQUAL(ring_of(1)->response_producer, begin + 3);
	EXPECT(!groups_add(groups, none));
	EXPECT(groups_add(groups, group)); /* again is no more */
	EXPECT_EQUAL(groups->count, 1);
	EXPECT(groups_remove(groups, group) && !groups_remove(groups, group));
	for (uint8_t i = 0; i <= GROUPS_MOST; i++) {
		const uint8_t one[6] = {1, 0, 0x5e, 0, 0, i};

		EXPECT_EQUAL(groups_add(groups, one), i < GROUPS_MOST);
	}
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
	RUN(test_network_queue_pages);
	RUN(test_network_queue_groups);
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
