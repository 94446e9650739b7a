/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/network_backend.h - netback's queue with a TAP device of a few frames, and a
 * front that knows what it asked for, in one process.
 */
#pragma once

#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pv-drivers/netback/server.h"

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

static struct {
	struct virtio_net_hdr header;
	uint32_t bytes;
	uint8_t data[FRAME_BYTES_MOST];
} coming[8]; /* from outside */
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

static uint32_t crossing; /* pieces that lie across two pages of ours */

int guest_copy(struct guest *guest, enum guest_direction direction,
	       const struct guest_piece *pieces, uint32_t count)
{
	(void)guest;
	for (uint32_t i = 0; i < count; i++)
		if (pieces[i].grant < GRANT_DATA || pieces[i].grant >= GRANT_DATA + PAGES)
			return -EFAULT;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *page = data_pages[pieces[i].grant - GRANT_DATA] + pieces[i].offset;

		crossing += (uintptr_t)pieces[i].memory % PACKET_PAGE_BYTES + pieces[i].bytes >
			    PACKET_PAGE_BYTES;
		if (direction == GUEST_READ)
			memcpy(pieces[i].memory, page, pieces[i].bytes);
		else
			memcpy(page, pieces[i].memory, pieces[i].bytes);
	}
	return 0;
}

uint32_t tap_receive(int queue, struct virtio_net_hdr *header, uint8_t *frame, uint32_t room)
{
	(void)queue, (void)room;
	if (coming_taken == coming_count)
		return 0;
	*header = coming[coming_taken].header;
	memcpy(frame, coming[coming_taken].data, coming[coming_taken].bytes);
	return coming[coming_taken++].bytes;
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

/* What queue_make_memory has in front of memory_out. */
#define OTHER_ROOM (TAP_QUEUES_MOST * BATCH * FRAME_ROOM)

static inline void end_backend(void)
{
	if (server)
		munmap((uint8_t *)server->memory_out - OTHER_ROOM, OTHER_ROOM + BATCH * OUT_ROOM);
	free(server);
	server = NULL;
}

static inline bool start_backend(bool again)
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

static inline struct ring_page *ring_of(int which)
{
	return (struct ring_page *)rings[which];
}

static inline void *slot_of(int which, uint32_t index)
{
	uint32_t bytes = which ? 8 : 12;

	return ring_of(which)->slots + (index & (ring_slots(PACKET_PAGE_BYTES, bytes) - 1)) * bytes;
}

static uint32_t begin; /* of both rings' indices */

static inline void start_front(uint32_t first)
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

static inline void front_sends(uint32_t grant, uint16_t flags, uint16_t size)
{
	uint32_t index = ring_of(0)->request_producer;
	struct netif_tx_request request = {grant, 0, flags, (uint16_t)(index - begin), size};

	memcpy(slot_of(0, index), &request, sizeof(request));
	if (grant >= GRANT_DATA && grant < GRANT_DATA + PAGES)
		memset(data_pages[grant - GRANT_DATA], (int)grant, PACKET_PAGE_BYTES);
	ring_of(0)->request_producer = index + 1;
}

static inline void front_offers(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = ring_of(1)->request_producer;
		struct netif_rx_request request = {(uint16_t)(index - begin), 0,
						   GRANT_DATA + (index - begin) % PAGES};

		memcpy(slot_of(1, index), &request, sizeof(request));
		ring_of(1)->request_producer = index + 1;
	}
}

static inline void comes(uint32_t bytes, uint8_t fill)
{
	memset(coming[coming_count].data, fill, bytes);
	coming[coming_count].header = (struct virtio_net_hdr){0};
	coming[coming_count++].bytes = bytes;
	queue->look = true; /* as poll says */
}

static inline struct netif_tx_response send_answer(uint32_t number)
{
	struct netif_tx_response response;

	memcpy(&response, slot_of(0, begin + number), sizeof(response));
	return response;
}

static inline struct netif_rx_response receive_answer(uint32_t number)
{
	struct netif_rx_response response;

	memcpy(&response, slot_of(1, begin + number), sizeof(response));
	return response;
}
