/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/queue.h - waiting things by a key, the least one first.  Pure;
 * the caller locks.
 *
 * A pairing heap: its nodes are in what waits, so that queueing needs no memory
 * and cannot fail.  Inserting is one step; taking out is O(log n) on average
 * over any sequence.  Keys are compared by their difference, so that they may
 * wrap, as long as those in one queue are less than 2^63 apart.
 */
#pragma once

#include "xen-like/base/abi.h"

struct queue;

struct queue_node {
	uint64_t key;		  /* set by queue_insert; of no meaning outside   */
	struct queue *in;	  /* NULL: it does not wait                       */
	struct queue_node *child; /* first of those below                         */
	struct queue_node *next;  /* beside it                                    */
	struct queue_node *back;  /* the one before it, or above the first; root: NULL */
};

struct queue {
	struct queue_node *first; /* NULL: empty */
	uint32_t count;
};

/* a comes before b. */
static inline bool key_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

/* `node` must not be in a queue. */
void queue_insert(struct queue *queue, struct queue_node *node, uint64_t key);
/* Nothing when it is in none. */
void queue_remove(struct queue_node *node);
