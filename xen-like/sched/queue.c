/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/queue.c - see queue.h.
 */
#include "xen-like/sched/queue.h"

/* Two roots become one; either may be NULL. */
static struct queue_node *join(struct queue_node *a, struct queue_node *b)
{
	struct queue_node *above = a, *below = b;

	if (!a || !b)
		return a ? a : b;
	if (key_before(b->key, a->key)) {
		above = b;
		below = a;
	}
	below->back = above;
	below->next = above->child;
	if (below->next)
		below->next->back = below;
	above->child = below;
	return above;
}

/* Cuts the first two of a row off, joined; the rest is left in *row. */
static struct queue_node *join_pair(struct queue_node **row)
{
	struct queue_node *a = *row, *b = a->next;

	*row = b ? b->next : NULL;
	a->next = a->back = NULL;
	if (b)
		b->next = b->back = NULL;
	return join(a, b);
}

/* A row of siblings becomes one heap: in pairs from the left, then from the right. */
static struct queue_node *join_row(struct queue_node *row)
{
	struct queue_node *pairs = NULL, *root = NULL;

	while (row) {
		struct queue_node *pair = join_pair(&row);

		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct queue_node *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		root = join(root, pair);
	}
	return root;
}

void queue_insert(struct queue *queue, struct queue_node *node, uint64_t key)
{
	*node = (struct queue_node){.key = key, .in = queue};
	queue->first = join(queue->first, node);
	queue->count++;
}

void queue_remove(struct queue_node *node)
{
	struct queue *queue = node->in;
	struct queue_node *below;

	if (!queue)
		return;
	below = join_row(node->child);
	if (!node->back) {
		queue->first = below;
	} else {
		if (node->back->child == node)
			node->back->child = node->next;
		else
			node->back->next = node->next;
		if (node->next)
			node->next->back = node->back;
		queue->first = join(queue->first, below);
	}
	queue->count--;
	*node = (struct queue_node){.key = node->key};
}
