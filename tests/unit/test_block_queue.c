// needs: pv-drivers/blkback/queue.c pv-drivers/blkback/request.c pv-drivers/blkback/order.c
// needs: pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_block_queue.c - a ring between a front that knows what it asked for
 * and the backend's queue, on a medium in memory.  The backend is killed after each of
 * its instructions: the processor's single steps tell what it has left in shared memory.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "pv-drivers/blkback/server.h"
#include "tests/unit/single_step.h"

#define RING_PAGES 1
#define SECTORS	   64

/* ---- what the queue calls ------------------------------------------------------------- */

static uint8_t *ring_memory; /* the guest's, shared */
static uint8_t guest_pages[256][GUEST_PAGE_BYTES];
static uint8_t medium[SECTORS * SECTOR_BYTES];
static struct disk_work *submitted[JOBS];
static uint32_t submitted_count;
static uint32_t notified;
static bool copies_fail;

void *guest_map(struct guest *guest, const uint32_t *grants, uint32_t count)
{
	(void)guest;
	return grants[0] == 1 && count == RING_PAGES ? ring_memory : NULL;
}

void guest_unmap(struct guest *guest, void *pages, uint32_t count)
{
	(void)guest, (void)pages, (void)count;
}

int guest_bind(struct guest *guest, uint32_t port)
{
	(void)guest;
	return port == 5 ? 77 : -EINVAL;
}

void guest_unbind(struct guest *guest, int port)
{
	(void)guest, (void)port;
}

void guest_notify(struct guest *guest, int port)
{
	(void)guest;
	notified += port == 77;
}

int guest_copy(struct guest *guest, enum guest_direction direction,
	       const struct guest_piece *pieces, uint32_t count)
{
	(void)guest;
	if (copies_fail)
		return -EFAULT;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *page = guest_pages[pieces[i].grant & 255] + pieces[i].offset;

		if (pieces[i].offset + pieces[i].bytes > GUEST_PAGE_BYTES)
			abort();
		if (direction == GUEST_READ)
			memcpy(pieces[i].memory, page, pieces[i].bytes);
		else
			memcpy(page, pieces[i].memory, pieces[i].bytes);
	}
	return 0;
}

void disk_submit(struct disk *disk, struct disk_work *work)
{
	(void)disk;
	submitted[submitted_count++] = work;
}

bool disk_finish(struct disk *disk, struct disk_work *work, int32_t done, int *result)
{
	(void)disk;
	if (done >= 0 && work->kind == DISK_READ)
		memcpy(work->memory, medium + work->offset, work->bytes);
	else if (done >= 0 && work->kind == DISK_WRITE)
		memcpy(medium + work->offset, work->memory, work->bytes);
	*result = done < 0 ? done : 0;
	return true;
}

/* ---- the two ends --------------------------------------------------------------------- */

static struct server_memory *memory; /* outlives a backend */
static struct server *server;
static struct queue *queue;
static uint8_t *jobs_memory;

/* A process that serves the ring from here on; the one before it is no more. */
static bool start_backend(bool again)
{
	const uint32_t grant = 1;

	free(server);
	free(jobs_memory);
	submitted_count = 0;
	server = calloc(1, sizeof(*server));
	jobs_memory = malloc((size_t)JOBS * JOB_BYTES);
	server->limits = (struct request_limits){SECTORS, SECTOR_BYTES, false, true};
	server->memory = memory;
	for (uint32_t i = 0; i < JOBS; i++) {
		server->jobs[i].memory = jobs_memory + (size_t)i * JOB_BYTES;
		server->jobs[i].next = server->free;
		server->free = &server->jobs[i];
	}
	for (uint32_t i = 0; i < QUEUES_MOST; i++)
		server->queues[i] = (struct queue){.note = &memory->notes[i], .port = -1};
	queue = &server->queues[0];
	return queue_attach(server, queue, &grant, RING_PAGES, 5, again);
}

/* The front: ids are indices of what it has asked for, so that each is known. */
#define ASKED_MOST 64
static struct {
	struct ring_page *page;
	uint32_t producer, consumer, begin;
	uint32_t answers[ASKED_MOST]; /* of each request */
	int16_t status[ASKED_MOST];
	uint8_t operations[ASKED_MOST];
	bool wrong;
} front;

static uint32_t slots(void)
{
	return ring_slots(RING_PAGES * GUEST_PAGE_BYTES, sizeof(union blkif_sring_entry));
}

static void *slot_of(uint32_t index)
{
	return front.page->slots + (index & (slots() - 1)) * sizeof(union blkif_sring_entry);
}

/* A ring whose indices begin just before they wrap. */
static void start_front(uint32_t begin)
{
	free(ring_memory);
	free(memory);
	ring_memory = calloc(RING_PAGES, GUEST_PAGE_BYTES);
	memory = calloc(1, sizeof(*memory));
	memset(&front, 0, sizeof(front));
	front.page = (struct ring_page *)ring_memory;
	front.producer = front.consumer = front.begin = begin;
	front.page->request_producer = front.page->response_producer = begin;
	front.page->request_event = front.page->response_event = begin + 1;
	copies_fail = false;
	notified = 0;
}

/* A block that says which it is. */
static void fill(uint32_t number)
{
	memset(guest_pages[number & 255], (int)(number * 7 + 1), SECTOR_BYTES);
}

static void put(const struct blkif_request *request)
{
	front.operations[request->id] = request->operation;
	memcpy(slot_of(front.producer++), request, sizeof(*request));
	__atomic_store_n(&front.page->request_producer, front.producer, __ATOMIC_RELEASE);
}

static uint32_t ask(uint8_t operation, uint64_t sector)
{
	uint32_t number = front.producer - front.begin;
	struct blkif_request request = {
		.operation = operation,
		.nr_segments = 1,
		.id = number,
		.sector_number = sector,
		.seg[0] = {.gref = number, .first_sect = 0, .last_sect = 0},
	};

	fill(number);
	put(&request);
	return number;
}

/* Takes what is answered; a response that is none of a request that waits is wrong. */
static void take_answers(void)
{
	uint32_t end = __atomic_load_n(&front.page->response_producer, __ATOMIC_ACQUIRE);

	front.wrong |= end - front.begin > front.producer - front.begin;
	while (!front.wrong && front.consumer != end) {
		struct blkif_response response;

		memcpy(&response, slot_of(front.consumer++), sizeof(response));
		if (response.id >= front.producer - front.begin ||
		    response.operation != front.operations[response.id]) {
			front.wrong = true;
			return;
		}
		front.answers[response.id]++;
		front.status[response.id] = response.status;
	}
}

static bool all_answered_once(void)
{
	for (uint32_t i = 0; i < front.producer - front.begin; i++)
		if (front.answers[i] != 1)
			return false;
	return !front.wrong && front.consumer == front.producer;
}

static void finish(uint32_t which, int32_t done)
{
	struct disk_work *work = submitted[which];

	submitted[which] = submitted[--submitted_count];
	queue_finish(server, (struct job *)work, done);
}

/* To the end, the last first. */
static bool serve_all(void)
{
	bool ok;

	do {
		ok = queue_serve(server, queue);
		while (submitted_count)
			finish(submitted_count - 1, 0);
		queue_publish(server, queue);
		take_answers();
	} while (ok && front.consumer != front.producer && !front.wrong);
	return ok;
}

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
	RUN(test_block_queue_indirect);
	RUN(test_block_queue_runaway);
	RUN(test_block_queue_more_than_jobs);
	RUN(test_block_queue_killed_at_each_instruction);
	RUN(test_block_queue_padding);
	free(server);
	free(jobs_memory);
	free(ring_memory);
	free(memory);
	return check_result();
}
