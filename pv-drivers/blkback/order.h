/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/order.h - [p] answers in the order of the ring.
 *
 * A response is written over the slot of a request.  Published in ring order, it
 * is that of its own request, so what a successor finds between the response
 * producer and the request producer are requests nobody has answered, whole.  A
 * queue has as many slots as its ring; indices run as the ring's do.
 *
 * Between the first byte of a response and the producer's step a slot is neither.
 * Answers are therefore noted first in memory that outlives the process
 * (struct order_note); whoever finds a note finishes it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <xen/io/blkif.h>

#define ORDER_SLOTS_MOST 512 /* a ring of 16 pages */

struct order_answer {
	uint64_t id;
	int16_t status;
	uint8_t operation;
	bool done;
};

struct order {
	uint32_t first, next; /* indices: oldest that is not published, next to be taken */
	struct order_answer answers[ORDER_SLOTS_MOST];
};

/* One batch of answers.  `count` is written last and cleared first. */
struct order_note {
	uint32_t begin, count;
	struct blkif_response responses[ORDER_SLOTS_MOST];
};

void order_begin(struct order *order, uint32_t index);

/* The place of the request just taken, until it is answered. */
uint32_t order_take(struct order *order, uint64_t id, uint8_t operation);
void order_answer(struct order *order, uint32_t index, int16_t status);

/* How many answers can be published now; they are in `note`, which is not in force yet. */
uint32_t order_collect(struct order *order, struct order_note *note);

/*
 * What a successor does about the note it finds, given the response producer:
 * the number of its responses to write again, 0 if there is nothing to finish.
 */
uint32_t order_note_left(const struct order_note *note, uint32_t published, uint32_t slots);
