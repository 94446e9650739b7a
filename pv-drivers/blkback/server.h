/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/server.h - one disk of one guest: its rings, what is being done
 * for it, and the medium.  main.c sleeps and wakes, connect.c follows the front's
 * states, queue.c serves a ring.  One thread.
 */
#pragma once

#include "pv-drivers/blkback/disk.h"
#include "pv-drivers/blkback/held.h"
#include "pv-drivers/blkback/image.h"
#include "pv-drivers/blkback/order.h"
#include "pv-drivers/blkback/request.h"
#include "pv-drivers/common/follow.h"
#include "pv-drivers/common/guest.h"
#include "pv-drivers/common/limit.h"
#include "pv-drivers/common/ring.h"

#define QUEUES_MOST	4
#define RING_ORDER_MOST 2 /* four pages: 128 slots */
#define RING_PAGES_MOST (1u << RING_ORDER_MOST)
#define JOBS		64
#define JOB_BYTES	(REQUEST_SEGMENTS_MOST * GUEST_PAGE_BYTES)

_Static_assert(REQUEST_SEGMENTS_MOST <= SEGMENTS_A_PAGE,
	       "the segments of an indirect request are in one page");
_Static_assert(REQUEST_SEGMENTS_MOST <= GUEST_MAP_MOST, "their pages are mapped together");

struct queue {
	struct ring ring;
	struct order order;
	struct order_note *note;
	void *pages; /* NULL: not attached */
	uint32_t page_count;
	int port;
};

/* One request that is being done.  `work` comes first: the medium's queue tells its address. */
struct job {
	struct disk_work work;
	struct job *next; /* of the free ones */
	struct queue *queue;
	uint32_t index; /* in the ring */
	struct block_request request;
	uint8_t *memory; /* JOB_BYTES: a page for each segment whose own is not held */
	struct iovec parts[REQUEST_SEGMENTS_MOST];
	uint64_t copied; /* segments that are in `memory`: a bit for each */
};

/* What the next process finds as this one left it. */
struct server_memory {
	struct order_note notes[QUEUES_MOST];
	bool flush_failed;
};

struct server {
	struct pv_device device;
	struct server_memory *memory;
	struct guest *guest;
	struct image image; /* disk.is_image */
	struct disk disk;
	struct held held;
	struct request_limits limits;
	bool is_cdrom;
	bool medium_gone;	      /* it could not be opened again: nothing is read or written */
	struct limit requests, bytes; /* a second */
	uint64_t resizes;	      /* of the node `resize`: how often it was asked for */
	struct queue queues[QUEUES_MOST];
	uint32_t queue_count;
	struct job jobs[JOBS];
	struct job *free;
	uint32_t in_flight;
	bool draining;	  /* the rings wait to be let go of, or taken, until nothing is in flight */
	uint64_t wake_ns; /* of CLOCK_MONOTONIC: when a limit lets go on; 0: nothing waits */
};

/* ---- connect.c ---- */

/* Follows the states until there is nothing to do.  False: the process ends with *status. */
bool MUST_CHECK
connect_follow(struct server *server, enum device_exit *status);
/* The front has broken the protocol: its device is closed. */
void connect_give_up(struct server *server, const char *why);
/* The medium's size again, if the toolstack asks for it. */
void connect_resize(struct server *server);

/* ---- queue.c ---- */

/* Memory for jobs.  */
int MUST_CHECK
queue_make_jobs(struct server *server);
/*
 * Begins with a ring, or goes on with one that a process before this one served
 * (`again`); false: what is in it cannot be.
 */
bool MUST_CHECK
queue_attach(struct server *server, struct queue *queue, const uint32_t *grants, uint32_t count,
	     uint32_t port, bool again);
void queue_detach(struct server *server, struct queue *queue);
/* Begins what waits in the ring, as far as there are jobs and limits let it; false: give up. */
bool MUST_CHECK
queue_serve(struct server *server, struct queue *queue);
/* The medium has done (a part of) a job. */
void queue_finish(struct server *server, struct job *job, int32_t done);
/* Makes the answers there are visible. */
void queue_publish(struct server *server, struct queue *queue);
