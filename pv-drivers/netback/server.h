/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/netback/server.h - one network interface of one guest.  main.c sleeps and
 * wakes, connect.c follows the front's states, queue.c moves frames.  One thread.
 */
#pragma once

#include "pv-drivers/common/follow.h"
#include "pv-drivers/common/guest.h"
#include "pv-drivers/common/limit.h"
#include "pv-drivers/common/ring.h"
#include "pv-drivers/netback/groups.h"
#include "pv-drivers/netback/packet.h"
#include "pv-drivers/netback/tap.h"

#define BATCH	   16  /* packets moved with one hypercall */
#define SLOTS_MOST 256 /* of a ring of one page, either way */
#define TURN_MOST  32  /* batches before the other direction, and the store, have theirs */
/* A frame's memory: its pages, so that a page of the guest's is copied to or from one of ours. */
#define FRAME_ROOM                                                                                 \
	((FRAME_BYTES_MOST + PACKET_PAGE_BYTES - 1) / PACKET_PAGE_BYTES * PACKET_PAGE_BYTES)
#define OUT_ROOM (FRAME_ROOM + PACKET_PAGE_BYTES) /* it need not begin with a page */

/*
 * Answers that are being written over requests, noted first in memory that outlives the
 * process: whoever finds a note finishes it (docs/adr/block-backend.md).  `count` is
 * written last and cleared first.
 */
struct note {
	uint32_t begin, count;
	uint64_t responses[SLOTS_MOST];
};

/* One direction. */
struct lane {
	struct ring ring;
	void *page; /* NULL: not attached */
	int port;
	struct note *note;
	uint32_t response_bytes, answers; /* of this batch, not published */
};

struct frame {
	struct virtio_net_hdr header;
	uint32_t bytes; /* 0: none waits */
	uint8_t *data;	/* FRAME_ROOM */
};

struct queue {
	struct lane send, receive; /* as the guest sees them */
	int tap;
	bool stalled;	 /* a frame waits for slots of the guest's  */
	bool look;	 /* there may be frames in the TAP device   */
	uint32_t frames; /* of these, the first ones wait           */
	struct frame frame[BATCH];
};

struct server_memory {
	struct note notes[TAP_QUEUES_MOST][2];
	struct groups groups;
};

struct server {
	struct pv_device device;
	struct server_memory *memory;
	struct guest *guest;
	struct tap tap;
	struct packet_rules rules;
	struct limit bytes; /* a second, of what the guest sends */
	struct queue queues[TAP_QUEUES_MOST];
	uint32_t queue_count; /* attached */
	bool scatter;	      /* the guest takes frames of several pages */
	uint8_t (*memory_out)[OUT_ROOM];
	uint64_t wake_ns; /* of CLOCK_MONOTONIC: when the limit lets go on; 0: nothing waits */
	bool more;	  /* a turn has ended before its work did */
};

/* ---- connect.c ---- */

bool MUST_CHECK
connect_follow(struct server *server, enum device_exit *status);
void connect_give_up(struct server *server, const char *why);

/* ---- queue.c ---- */

int MUST_CHECK
queue_make_memory(struct server *server);

struct lane_place {
	uint32_t grant, port;
};
bool MUST_CHECK
queue_attach(struct server *server, struct queue *queue, const struct lane_place *send,
	     const struct lane_place *receive, bool again);
void queue_detach(struct server *server, struct queue *queue);

/* Sends what the guest has for the outside; false: its ring cannot be believed. */
bool MUST_CHECK
queue_send(struct server *server, struct queue *queue);
/* Gives it what has come for it, as far as it has room; false as above. */
bool MUST_CHECK
queue_receive(struct server *server, struct queue *queue);
