/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/ring.h - the indices of a ring that a backend shares with a
 * guest (<xen/io/ring.h>), for one that does not trust the guest.
 *
 * Shared words are read once, whole.  Nothing here reads a request: the caller
 * copies the slot `index & (size - 1)` and then acts on the copy.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The head of every ring's page: struct *_sring up to its slots. */
struct ring_page {
	volatile uint32_t request_producer, request_event;
	volatile uint32_t response_producer, response_event;
	uint8_t pad[48];
	uint8_t slots[];
};
_Static_assert(sizeof(struct ring_page) == 64, "<xen/io/ring.h>: slots begin at byte 64");

struct ring {
	struct ring_page *page;
	uint32_t size;	     /* slots, a power of two              */
	uint32_t slot_bytes; /* of the larger of request, response */
	uint32_t taken;	     /* requests copied so far             */
	uint32_t answered;   /* responses published so far         */
};

/* The most slots that fit into `bytes`: a power of two, 0 if none does. */
static inline uint32_t ring_slots(uint32_t bytes, uint32_t slot_bytes)
{
	uint32_t room = bytes <= sizeof(struct ring_page) || !slot_bytes
				? 0
				: (bytes - (uint32_t)sizeof(struct ring_page)) / slot_bytes;

	return room ? 1u << (31 - __builtin_clz(room)) : 0;
}

/*
 * Begins, or goes on with, a ring: what is answered is in shared memory, what was
 * taken but not answered is taken again.  False: the indices are impossible.
 */
static inline bool ring_attach(struct ring *ring, void *page, uint32_t bytes, uint32_t slot_bytes)
{
	ring->page = page;
	ring->slot_bytes = slot_bytes;
	ring->size = ring_slots(bytes, slot_bytes);
	ring->answered = ring->taken = ring->page->response_producer;
	return ring->size && ring->page->request_producer - ring->answered <= ring->size;
}

/*
 * How many requests wait: 0 none, or a negative number when the guest has put
 * more than there are slots, after which nothing on the ring can be believed.
 */
static inline int ring_waiting(const struct ring *ring)
{
	uint32_t producer = __atomic_load_n(&ring->page->request_producer, __ATOMIC_ACQUIRE);

	if (producer - ring->answered > ring->size)
		return -1;
	return (int)(producer - ring->taken);
}

/* Copies the oldest waiting request, of which there must be one. */
static inline void ring_take(struct ring *ring, void *request, uint32_t bytes)
{
	uint32_t slot = ring->taken++ & (ring->size - 1);

	memcpy(request, ring->page->slots + (size_t)slot * ring->slot_bytes, bytes);
	__asm__ volatile("" : : : "memory"); /* the copy is made here and only here */
}

/* Writes a response into the slot of index `index`; not visible until published. */
static inline void ring_put(struct ring *ring, uint32_t index, const void *response, uint32_t bytes)
{
	memcpy(ring->page->slots + (size_t)(index & (ring->size - 1)) * ring->slot_bytes, response,
	       bytes);
}

/* Makes responses up to `end` visible; returns whether the guest wants an event. */
static inline bool ring_publish(struct ring *ring, uint32_t end)
{
	uint32_t begin = ring->answered;

	__atomic_store_n(&ring->page->response_producer, end, __ATOMIC_RELEASE);
	ring->answered = end;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return end - ring->page->response_event < end - begin;
}

/* Asks for an event when `count` requests wait; returns what waits already, as ring_waiting. */
static inline int ring_ask_for_more(struct ring *ring, uint32_t count)
{
	ring->page->request_event = ring->taken + count;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring_waiting(ring);
}

static inline int ring_ask_for_event(struct ring *ring)
{
	return ring_ask_for_more(ring, 1);
}
