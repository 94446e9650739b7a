/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/block_front.h - a front that knows what it asked for, and the backend's
 * queue on a medium in memory: both ends of a ring, in one process.
 */
#pragma once

#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "pv-drivers/blkback/server.h"

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

static uint32_t mapped, copied, unmapped; /* pages of data */
static bool maps_fail;

/* The ring's grant is 1 of a front that holds nothing; data's begin at HELD_GRANTS. */
#define HELD_GRANTS 0x1000

void *guest_map(struct guest *guest, const uint32_t *grants, uint32_t count)
{
	(void)guest;
	if (grants[0] == 1)
		return count == RING_PAGES ? ring_memory : NULL;
	/* They are where they are: only such as follow one another can be mapped together. */
	for (uint32_t i = 0; i < count; i++)
		if (maps_fail || grants[i] != grants[0] + i || grants[i] < HELD_GRANTS)
			return NULL;
	mapped += count;
	return guest_pages[grants[0] & 255];
}

void guest_unmap(struct guest *guest, void *pages, uint32_t count)
{
	(void)guest;
	if (pages != ring_memory)
		unmapped += count;
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

		copied++;
		if (pieces[i].offset + pieces[i].bytes > GUEST_PAGE_BYTES)
			abort();
		if (direction == GUEST_READ)
			memcpy(pieces[i].memory, page, pieces[i].bytes);
		else
			memcpy(page, pieces[i].memory, pieces[i].bytes);
	}
	return 0;
}

void device_log(struct pv_device *device, const char *format, ...)
{
	(void)device, (void)format;
}

void disk_submit(struct disk *disk, struct disk_work *work)
{
	(void)disk;
	submitted[submitted_count++] = work;
}

bool disk_finish(struct disk *disk, struct disk_work *work, int32_t done, int *result)
{
	(void)disk;
	uint8_t *at = medium + work->offset;

	for (uint32_t i = 0; done >= 0 && i < work->part_count; i++) {
		const struct iovec *part = &work->parts[i];

		if (work->kind == DISK_READ)
			memcpy(part->iov_base, at, part->iov_len);
		else if (work->kind == DISK_WRITE)
			memcpy(at, part->iov_base, part->iov_len);
		at += part->iov_len;
	}
	*result = done < 0 ? done : 0;
	return true;
}

/* ---- the two ends --------------------------------------------------------------------- */

static struct server_memory *memory; /* outlives a backend */
static struct server *server;
static struct queue *queue;
static uint8_t *jobs_memory;

/* A process that serves the ring from here on; the one before it is no more. */
static inline bool start_backend(bool again)
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

static inline uint32_t slots(void)
{
	return ring_slots(RING_PAGES * GUEST_PAGE_BYTES, sizeof(union blkif_sring_entry));
}

static inline void *slot_of(uint32_t index)
{
	return front.page->slots + (index & (slots() - 1)) * sizeof(union blkif_sring_entry);
}

/* A ring whose indices begin just before they wrap. */
static inline void start_front(uint32_t begin)
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
static inline void fill(uint32_t number)
{
	memset(guest_pages[number & 255], (int)(number * 7 + 1), SECTOR_BYTES);
}

static inline void put(const struct blkif_request *request)
{
	front.operations[request->id] = request->operation;
	memcpy(slot_of(front.producer++), request, sizeof(*request));
	__atomic_store_n(&front.page->request_producer, front.producer, __ATOMIC_RELEASE);
}

static inline uint32_t ask(uint8_t operation, uint64_t sector)
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
static inline void take_answers(void)
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

static inline bool all_answered_once(void)
{
	for (uint32_t i = 0; i < front.producer - front.begin; i++)
		if (front.answers[i] != 1)
			return false;
	return !front.wrong && front.consumer == front.producer;
}

static inline void finish(uint32_t which, int32_t done)
{
	struct disk_work *work = submitted[which];

	submitted[which] = submitted[--submitted_count];
	queue_finish(server, (struct job *)work, done);
}

/* To the end, the last first. */
static inline bool serve_all(void)
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

static inline void end_both(void)
{
	free(server);
	free(jobs_memory);
	free(ring_memory);
	free(memory);
}
