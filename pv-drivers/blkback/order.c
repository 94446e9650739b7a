/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/order.c - order.h says what it is for. */
#include "pv-drivers/blkback/order.h"

#include <string.h>

static struct order_answer *answer_of(struct order *order, uint32_t index)
{
	return &order->answers[index & (ORDER_SLOTS_MOST - 1)];
}

void order_begin(struct order *order, uint32_t index)
{
	order->first = order->next = index;
}

uint32_t order_take(struct order *order, uint64_t id, uint8_t operation)
{
	uint32_t index = order->next++;

	*answer_of(order, index) = (struct order_answer){.id = id, .operation = operation};
	return index;
}

void order_answer(struct order *order, uint32_t index, int16_t status)
{
	answer_of(order, index)->status = status;
	answer_of(order, index)->done = true;
}

uint32_t order_collect(struct order *order, struct order_note *note)
{
	uint32_t count = 0;

	note->begin = order->first;
	while (order->first != order->next && answer_of(order, order->first)->done) {
		const struct order_answer *answer = answer_of(order, order->first++);
		struct blkif_response *response = &note->responses[count++];

		memset(response, 0,
		       sizeof(*response)); /* its padding, too, is the guest's to see */
		response->id = answer->id;
		response->operation = answer->operation;
		response->status = answer->status;
	}
	return count;
}

uint32_t order_note_left(const struct order_note *note, uint32_t published, uint32_t slots)
{
	uint32_t count = note->count;

	return count <= slots && note->begin == published ? count : 0;
}
