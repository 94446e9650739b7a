// needs: pv-drivers/blkback/queue.c pv-drivers/blkback/request.c pv-drivers/blkback/order.c
// needs: pv-drivers/blkback/held.c
// needs: pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_block_queue.c - a ring between a front that knows what it asked for
 * and the backend's queue, on a medium in memory.  The backend is killed after each of
 * its instructions: the processor's single steps tell what it has left in shared memory.
 */
#include "tests/unit/block_front.h"
#include "tests/unit/single_step.h"

/* ---- tests ---------------------------------------------------------------------------- */

static void test_block_queue_answers_each(void)
{
	start_front(0xfffffff0);
	EXPECT(start_backend(false));
	for (uint32_t i = 0; i < 20; i++)
		ask(i & 1 ? BLKIF_OP_WRITE : BLKIF_OP_READ, i);
	EXPECT(serve_all());
	EXPECT(all_answered_once());
	for (uint32_t i = 0; i < 20; i++)
		EXPECT_EQUAL(front.status[i], BLKIF_RSP_OKAY);
	EXPECT_EQUAL(medium[3 * SECTOR_BYTES], (3 * 7 + 1) & 255);
	EXPECT_EQUAL(server->in_flight, 0);
}

/* The first is the last to be done: until then nothing is answered. */
static void test_block_queue_answers_in_order(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	for (uint32_t i = 0; i < 3; i++)
		ask(BLKIF_OP_WRITE, i);
	EXPECT(queue_serve(server, queue));
	EXPECT_EQUAL(submitted_count, 3);
	finish(2, 0);
	finish(1, 0);
	queue_publish(server, queue);
	EXPECT_EQUAL(front.page->response_producer, 0);
	finish(0, 0);
	queue_publish(server, queue);
	EXPECT_EQUAL(front.page->response_producer, 3);
	take_answers();
	EXPECT(all_answered_once());
}

static void test_block_queue_errors(void)
{
	uint32_t bad_medium, far, barrier, unreachable;

	start_front(0);
	EXPECT(start_backend(false));
	bad_medium = ask(BLKIF_OP_WRITE, 1);
	far = ask(BLKIF_OP_READ, SECTORS);
	barrier = ask(BLKIF_OP_WRITE_BARRIER, 1);
	EXPECT(queue_serve(server, queue));
	EXPECT_EQUAL(submitted_count, 1);
	finish(0, -EIO);
	copies_fail = true;
	unreachable = ask(BLKIF_OP_WRITE, 2);
	EXPECT(serve_all());
	EXPECT(all_answered_once());
	EXPECT_EQUAL(front.status[bad_medium], BLKIF_RSP_ERROR);
	EXPECT_EQUAL(front.status[far], BLKIF_RSP_ERROR);
	EXPECT_EQUAL(front.status[barrier], BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQUAL(front.status[unreachable], BLKIF_RSP_ERROR);
}

/* Once a flush has failed nothing is written, and all can be read. */
static void test_block_queue_flush_failed(void)
{
	uint32_t written, read;

	start_front(0);
	EXPECT(start_backend(false));
	memory->flush_failed = true;
	medium[4 * SECTOR_BYTES] = 1;
	written = ask(BLKIF_OP_WRITE, 4);
	read = ask(BLKIF_OP_READ, 4);
	EXPECT(serve_all());
	EXPECT(all_answered_once());
	EXPECT_EQUAL(front.status[written], BLKIF_RSP_ERROR);
	EXPECT_EQUAL(front.status[read], BLKIF_RSP_OKAY);
	EXPECT_EQUAL(medium[4 * SECTOR_BYTES], 1);
}

/* As stock fronts check it: an indirect request's answer is one of its transfer. */
static void test_block_queue_indirect(void)
{
	struct blkif_request_segment *segments = (struct blkif_request_segment *)guest_pages[200];
	struct blkif_request_indirect indirect = {
		.operation = BLKIF_OP_INDIRECT,
		.indirect_op = BLKIF_OP_READ,
		.nr_segments = 20,
		.id = 0,
		.sector_number = 4,
		.indirect_grefs = {200},
	};
	struct blkif_request request = {0};

	start_front(0);
	EXPECT(start_backend(false));
	for (uint32_t i = 0; i < 20; i++)
		segments[i] = (struct blkif_request_segment){100 + i, 1, 1};
	for (uint32_t i = 0; i < sizeof(medium); i++)
		medium[i] = (uint8_t)(i / SECTOR_BYTES);
	memcpy(&request, &indirect, sizeof(indirect));
	put(&request);
	front.operations[0] = BLKIF_OP_READ;
	EXPECT(serve_all());
	EXPECT(all_answered_once());
	EXPECT_EQUAL(front.status[0], BLKIF_RSP_OKAY);
	EXPECT_EQUAL(guest_pages[100][SECTOR_BYTES], 4);
	EXPECT_EQUAL(guest_pages[119][2 * SECTOR_BYTES - 1], 23);
}

/* A front that asks for more than it has slots for is believed nothing more. */
static void test_block_queue_runaway(void)
{
	start_front(0);
	EXPECT(start_backend(false));
	ask(BLKIF_OP_READ, 0);
	front.page->request_producer = slots() + 1;
	EXPECT(!queue_serve(server, queue));
	start_front(0);
	front.page->request_producer = slots() + 1;
	EXPECT(!start_backend(false));
	EXPECT(!queue->pages);
}

static void test_block_queue_more_than_jobs(void)
{
	_Static_assert(JOBS == 64, "more than a ring of one page has slots");
	start_front(0);
	EXPECT(start_backend(false));
	server->free = server->free->next->next; /* as if few were left */
	server->free->next->next = NULL;
	for (uint32_t i = 0; i < 10; i++)
		ask(BLKIF_OP_WRITE, i);
	EXPECT(serve_all());
	EXPECT(all_answered_once());
}

/* ---- death at any instruction ---------------------------------------------------------- */

struct shared {
	uint8_t ring[RING_PAGES * GUEST_PAGE_BYTES];
	struct server_memory memory;
	uint8_t medium[sizeof(medium)];
};

#define STATES_MOST 4096
static struct shared *states;
static uint32_t state_count;
static volatile uint32_t steps;

static void remember(struct shared *state)
{
	memcpy(state->ring, ring_memory, sizeof(state->ring));
	state->memory = *memory;
	memcpy(state->medium, medium, sizeof(medium));
}

/*
 * After each instruction: kept if something shared has changed.
 */
static void on_step(int signal)
{
	const struct shared *last = &states[state_count - 1];

	(void)signal;
	steps++;
	if (!memcmp(last->ring, ring_memory, sizeof(last->ring)) &&
	    !memcmp(&last->memory.notes[0], &memory->notes[0], sizeof(last->memory.notes[0])))
		return;
	if (state_count == STATES_MOST)
		abort();
	remember(&states[state_count++]);
}

/* What a backend's publishing leaves after each of its instructions. */
static void record_publishing(void)
{
	state_count = 1;
	steps = 0;
	remember(&states[0]);
	single_step_with(on_step);
	SINGLE_STEP_ON;
	queue_publish(server, queue);
	SINGLE_STEP_OFF;
}

/* A front and five requests, of which the first three are done but not answered. */
static void prepare(void)
{
	start_front(0xfffffffe);
	EXPECT(start_backend(false));
	for (uint32_t i = 0; i < 5; i++)
		ask(BLKIF_OP_WRITE, i);
	EXPECT(queue_serve(server, queue));
	while (submitted_count > 3)
		finish(submitted_count - 1, 0);
	/* 3 and 4 are done; 0 to 2 next, out of their order. */
	finish(1, 0);
	finish(0, 0);
	finish(0, 0);
}

static void test_block_queue_killed_at_each_instruction(void)
{
	uint32_t with_note = 0;

	states = malloc(STATES_MOST * sizeof(*states));
	prepare();
	record_publishing();
	EXPECT(steps > 100);
	EXPECT(state_count > 10);
	for (uint32_t i = 0; i < state_count; i++) {
		with_note += states[i].memory.notes[0].count != 0;
		/* The front has seen what was visible when the backend died, and no more. */
		start_front(0xfffffffe);
		memcpy(ring_memory, states[i].ring, sizeof(states[i].ring));
		*memory = states[i].memory;
		memcpy(medium, states[i].medium, sizeof(medium));
		front.producer = front.begin + 5;
		for (uint32_t k = 0; k < 5; k++)
			front.operations[k] = BLKIF_OP_WRITE;
		take_answers();
		EXPECT(start_backend(true));
		EXPECT(serve_all());
		EXPECT(all_answered_once());
		for (uint32_t k = 0; k < 5; k++) {
			EXPECT_EQUAL(front.status[k], BLKIF_RSP_OKAY);
			EXPECT_EQUAL(medium[k * SECTOR_BYTES], (k * 7 + 1) & 255);
		}
		EXPECT_EQUAL(memory->notes[0].count, 0);
	}
	EXPECT(with_note > 3);
	free(states);
}

/* What the guest finds in its slots are responses and nothing of ours. */
static void test_block_queue_padding(void)
{
	struct blkif_response response;

	start_front(0);
	EXPECT(start_backend(false));
	memset(memory->notes[0].responses, 0xa5, sizeof(memory->notes[0].responses));
	ask(BLKIF_OP_READ, 0);
	EXPECT(serve_all());
	memcpy(&response, slot_of(0), sizeof(response));
	EXPECT_EQUAL(((uint8_t *)&response)[9], 0);
}

int main(void)
{
	RUN(test_block_queue_answers_each);
	RUN(test_block_queue_answers_in_order);
	RUN(test_block_queue_errors);
	RUN(test_block_queue_flush_failed);
	RUN(test_block_queue_indirect);
	RUN(test_block_queue_runaway);
	RUN(test_block_queue_more_than_jobs);
	RUN(test_block_queue_killed_at_each_instruction);
	RUN(test_block_queue_padding);
	end_both();
	return check_result();
}
