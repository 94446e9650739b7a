/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/queue.c - from requests in a ring to work for the medium, and back. */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "pv-drivers/blkback/server.h"

int queue_make_jobs(struct server *server)
{
	uint8_t *memory = mmap(NULL, (size_t)JOBS * JOB_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	for (uint32_t i = 0; i < JOBS; i++) {
		struct job *job = &server->jobs[i];

		job->memory = memory + (size_t)i * JOB_BYTES;
		job->next = server->free;
		server->free = job;
	}
	return 0;
}

bool queue_attach(struct server *server, struct queue *queue, const uint32_t *grants,
		  uint32_t count, uint32_t port, bool again)
{
	uint32_t left;

	queue->pages = guest_map(server->guest, grants, count);
	if (!queue->pages)
		return false;
	queue->page_count = count;
	queue->port = guest_bind(server->guest, port);
	if (queue->port < 0 || !ring_attach(&queue->ring, queue->pages, count * GUEST_PAGE_BYTES,
					    sizeof(union blkif_sring_entry))) {
		queue_detach(server, queue);
		return false;
	}
	/* Answers that the one before us had begun to write are written to their end. */
	left = again ? order_note_left(queue->note, queue->ring.answered, queue->ring.size) : 0;
	for (uint32_t i = 0; i < left; i++)
		ring_put(&queue->ring, queue->note->begin + i, &queue->note->responses[i],
			 sizeof(queue->note->responses[i]));
	queue->ring.taken += left;
	(void)ring_publish(&queue->ring, queue->ring.answered + left);
	queue->note->count = 0;
	order_begin(&queue->order, queue->ring.answered);
	/* An event may have been lost with it. */
	guest_notify(server->guest, queue->port);
	return true;
}

void queue_detach(struct server *server, struct queue *queue)
{
	if (queue->port >= 0)
		guest_unbind(server->guest, queue->port);
	if (queue->pages)
		guest_unmap(server->guest, queue->pages, queue->page_count);
	queue->pages = NULL;
	queue->port = -1;
	queue->note->count = 0;
}

/* ---- beginning ------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Whether the limits let another request begin now; else the time to look again is noted. */
static bool may_begin(struct server *server)
{
	uint64_t now, wait, other;

	if (!server->requests.rate && !server->bytes.rate)
		return true;
	now = now_ns();
	wait = limit_wait(&server->requests, now);
	other = limit_wait(&server->bytes, now);
	wait = wait > other ? wait : other;
	if (!wait)
		return true;
	if (!server->wake_ns || now + wait < server->wake_ns)
		server->wake_ns = now + wait;
	return false;
}

static struct job *take_job(struct server *server, struct queue *queue)
{
	struct job *job = server->free;

	server->free = job->next;
	server->in_flight++;
	job->queue = queue;
	return job;
}

static void answer(struct server *server, struct job *job, int16_t status)
{
	order_answer(&job->queue->order, job->index, status);
	job->next = server->free;
	server->free = job;
	server->in_flight--;
}

_Static_assert(REQUEST_SEGMENTS_MOST <= 64, "job.copied has a bit for each");

/* Where the request's data is: in the guest's pages as far as they are held. */
static void find_memory(struct server *server, struct job *job)
{
	uint32_t grants[REQUEST_SEGMENTS_MOST];
	uint8_t *pages[REQUEST_SEGMENTS_MOST];

	for (uint32_t i = 0; i < job->request.segments; i++)
		grants[i] = job->request.segment[i].grant;
	held_find(&server->held, server->guest, grants, job->request.segments, pages);
	job->copied = 0;
	for (uint32_t i = 0; i < job->request.segments; i++) {
		const struct request_segment *segment = &job->request.segment[i];
		uint8_t *own = job->memory + (size_t)i * GUEST_PAGE_BYTES;

		job->parts[i].iov_base = pages[i] ? pages[i] + segment->offset : own;
		job->parts[i].iov_len = segment->bytes;
		job->copied |= pages[i] ? 0 : 1ull << i;
	}
}

/* Between the guest's pages and the job's memory, what is not done in place. */
static int copy_data(struct server *server, struct job *job, enum guest_direction direction)
{
	struct guest_piece pieces[REQUEST_SEGMENTS_MOST];
	uint32_t count = 0;

	for (uint64_t left = job->copied; left; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);
		const struct request_segment *segment = &job->request.segment[i];

		pieces[count++] =
			(struct guest_piece){segment->grant, segment->offset, segment->bytes,
					     job->memory + (size_t)i * GUEST_PAGE_BYTES};
	}
	return guest_copy(server->guest, direction, pieces, count);
}

/* The list of segments that an indirect request's page has. */
static int16_t read_indirect_page(struct server *server, struct job *job)
{
	struct blkif_request_segment segments[REQUEST_SEGMENTS_MOST];
	struct guest_piece piece = {
		.grant = job->request.indirect[0],
		.bytes = (uint16_t)(job->request.segments * sizeof(segments[0])),
		.memory = (uint8_t *)segments,
	};
	uint8_t *page;

	held_find(&server->held, server->guest, &piece.grant, 1, &page);
	if (!page && guest_copy(server->guest, GUEST_READ, &piece, 1))
		return BLKIF_RSP_ERROR;
	if (page)
		memcpy(segments, page, piece.bytes);
	__asm__ volatile("" : : : "memory"); /* the guest may write on; this copy stays */
	return request_read_indirect(segments, &server->limits, &job->request);
}

/*
 * After a flush that failed nothing more is written: Linux' front takes the failure for
 * "cannot flush", and would go on without, believing that all is on the disk.
 */
static int16_t refuse_writes(const struct server *server, const struct block_request *request)
{
	bool writes = request->kind == REQUEST_WRITE || request->kind == REQUEST_DISCARD;

	return writes && server->memory->flush_failed ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
}

static void begin(struct server *server, struct job *job, const struct blkif_request *slot)
{
	static const enum disk_kind kinds[] = {
		[REQUEST_READ] = DISK_READ,
		[REQUEST_WRITE] = DISK_WRITE,
		[REQUEST_FLUSH] = DISK_FLUSH,
		[REQUEST_DISCARD] = DISK_DISCARD,
	};
	struct block_request *request = &job->request;
	int16_t status = request_read(slot, &server->limits, request);

	job->index = order_take(&job->queue->order, request->id, request->operation);
	if (status == BLKIF_RSP_OKAY && request->indirect_pages)
		status = read_indirect_page(server, job);
	limit_take(&server->requests, 1);
	limit_take(&server->bytes, request->kind == REQUEST_DISCARD ? 0 : request->bytes);
	if (status == BLKIF_RSP_OKAY)
		status = refuse_writes(server, request);
	if (status == BLKIF_RSP_OKAY)
		find_memory(server, job);
	if (status == BLKIF_RSP_OKAY && request->kind == REQUEST_WRITE &&
	    copy_data(server, job, GUEST_READ))
		status = BLKIF_RSP_ERROR;
	if (status != BLKIF_RSP_OKAY) {
		answer(server, job, status);
		return;
	}
	job->work = (struct disk_work){kinds[request->kind], job->parts, request->segments,
				       request->offset, request->bytes};
	disk_submit(&server->disk, &job->work);
}

bool queue_serve(struct server *server, struct queue *queue)
{
	while (queue->pages) {
		struct blkif_request slot;
		int waiting = ring_waiting(&queue->ring);

		if (waiting == 0)
			waiting = ring_ask_for_event(&queue->ring);
		if (waiting <= 0)
			return waiting == 0;
		/* A job that ends, or the limit's time, comes back here. */
		if (!server->free || !may_begin(server))
			return true;
		ring_take(&queue->ring, &slot, sizeof(slot));
		begin(server, take_job(server, queue), &slot);
	}
	return true;
}

/* ---- ending ---------------------------------------------------------------------- */

void queue_finish(struct server *server, struct job *job, int32_t done)
{
	bool failed_before = server->memory->flush_failed;
	int16_t status = BLKIF_RSP_OKAY;
	int result;

	if (!disk_finish(&server->disk, &job->work, done, &result))
		return;
	if (server->memory->flush_failed && !failed_before)
		device_log(&server->device,
			   "a flush failed (%s): nothing is written until it is attached anew",
			   strerror(-done));
	if (result)
		status = result == -EOPNOTSUPP && job->request.kind == REQUEST_DISCARD
				 ? BLKIF_RSP_EOPNOTSUPP
				 : BLKIF_RSP_ERROR;
	else if (job->request.kind == REQUEST_READ && copy_data(server, job, GUEST_WRITE))
		status = BLKIF_RSP_ERROR;
	answer(server, job, status);
}

void queue_publish(struct server *server, struct queue *queue)
{
	struct order_note *note = queue->note;
	uint32_t count;

	if (!queue->pages)
		return;
	count = order_collect(&queue->order, note);
	if (!count)
		return;
	/* From here on whoever comes after us finishes what we do not. */
	__atomic_store_n(&note->count, count, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < count; i++)
		ring_put(&queue->ring, note->begin + i, &note->responses[i],
			 sizeof(note->responses[i]));
	if (ring_publish(&queue->ring, note->begin + count))
		guest_notify(server->guest, queue->port);
	__atomic_store_n(&note->count, 0, __ATOMIC_RELEASE);
}
