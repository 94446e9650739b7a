/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/runq.c - see runq.h.
 */
#include "xen-like/sched/runq.h"

static bool before(const struct sched_entity *a, const struct sched_entity *b)
{
	return (int64_t)(a->virtual_time - b->virtual_time) < 0;
}

static void place(struct runq *queue, uint32_t at, struct sched_entity *entity)
{
	queue->heap[at] = entity;
	entity->slot = at + 1;
}

static void sift_up(struct runq *queue, uint32_t at, struct sched_entity *entity)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (!before(entity, queue->heap[parent]))
			break;
		place(queue, at, queue->heap[parent]);
		at = parent;
	}
	place(queue, at, entity);
}

static void sift_down(struct runq *queue, uint32_t at, struct sched_entity *entity)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= queue->count)
			break;
		if (child + 1 < queue->count && before(queue->heap[child + 1], queue->heap[child]))
			child++;
		if (!before(queue->heap[child], entity))
			break;
		place(queue, at, queue->heap[child]);
		at = child;
	}
	place(queue, at, entity);
}

void runq_insert(struct runq *queue, struct sched_entity *entity)
{
	sift_up(queue, queue->count++, entity);
}

void runq_remove(struct runq *queue, struct sched_entity *entity)
{
	uint32_t at = entity->slot - 1;
	struct sched_entity *last = queue->heap[--queue->count];

	entity->slot = 0;
	if (last == entity)
		return;
	if (at > 0 && before(last, queue->heap[(at - 1) / 2]))
		sift_up(queue, at, last);
	else
		sift_down(queue, at, last);
}

static struct sched_entity *find_allowed(struct runq *queue,
					 bool (*may_run)(const struct sched_entity *, const void *),
					 const void *context)
{
	struct sched_entity *best = NULL;

	for (uint32_t i = 0; i < queue->count; i++) {
		struct sched_entity *entity = queue->heap[i];

		if (best && !before(entity, best))
			continue;
		if (!entity->restricted || may_run(entity, context))
			best = entity;
	}
	return best;
}

struct sched_entity *runq_take(struct runq *queue,
			       bool (*may_run)(const struct sched_entity *, const void *),
			       const void *context)
{
	struct sched_entity *entity;

	if (queue->count == 0)
		return NULL;
	entity = queue->heap[0];
	if (may_run && entity->restricted && !may_run(entity, context))
		entity = find_allowed(queue, may_run, context);
	if (!entity)
		return NULL;
	runq_remove(queue, entity);
	if ((int64_t)(entity->virtual_time - queue->now_virtual) > 0)
		queue->now_virtual = entity->virtual_time;
	return entity;
}

void runq_charge(struct sched_entity *entity, uint64_t ns)
{
	/* Not longer than a CPU could have been away: keeps the product in range. */
	ns = MIN(ns, 1ull << 40);
	entity->virtual_time += ns * SCHED_WEIGHT_DEFAULT / entity->weight;
}

void runq_place_woken(const struct runq *queue, struct sched_entity *entity)
{
	uint64_t earliest = queue->now_virtual - SCHED_WAKE_CREDIT_NS;

	if ((int64_t)(entity->virtual_time - earliest) < 0)
		entity->virtual_time = earliest;
}

bool runq_preempts(const struct sched_entity *woken, const struct sched_entity *running,
		   uint64_t ran)
{
	struct sched_entity now = *running;

	runq_charge(&now, ran);
	return (int64_t)(now.virtual_time - woken->virtual_time) > (int64_t)SCHED_PREEMPT_NS;
}
