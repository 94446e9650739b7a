/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/runq.h - the policy: weighted fair sharing of CPUs.  Pure.
 *
 * Each vCPU has a virtual time that grows with the time it ran, divided by its
 * weight; the runnable one with the least runs next.  A vCPU that slept is put
 * a little behind the others' time, so that it runs soon, and no further, so
 * that sleeping saves nothing up.
 *
 * One queue serves all CPUs: shares then hold for the machine, not for the CPU
 * a vCPU happens to be on (docs/adr/scheduler.md).  It is a binary heap.
 */
#pragma once

#include "xen-like/base/abi.h"

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_MAX     65535
#define SCHED_SLICE_NS	     10000000ull
#define SCHED_WAKE_CREDIT_NS 5000000ull /* how far behind a woken vCPU may start */
#define SCHED_PREEMPT_NS     500000ull	/* a lead that is worth a switch       */

/* One vCPU as the policy sees it. */
struct sched_entity {
	uint64_t virtual_time; /* ns at the default weight            */
	uint64_t started;      /* when it was last put on a CPU, ns    */
	uint32_t slot;	       /* place in the heap + 1; 0: not queued */
	uint16_t weight;       /* 1 .. SCHED_WEIGHT_MAX                */
	bool restricted;       /* has an affinity: ask before taking it */
};

struct runq {
	struct sched_entity **heap; /* room for `capacity` */
	uint32_t count, capacity;
	uint64_t now_virtual; /* the least virtual time any newcomer may have: grows */
};

/* Queues a runnable entity; the caller has seen to the capacity. */
void runq_insert(struct runq *queue, struct sched_entity *entity);
void runq_remove(struct runq *queue, struct sched_entity *entity);

/*
 * Takes the entity with the least virtual time of those that `may_run` allows
 * (NULL: all); NULL when there is none.  Costs a step down the heap unless the
 * first one is restricted and refused.
 */
struct sched_entity *runq_take(struct runq *queue,
			       bool (*may_run)(const struct sched_entity *, const void *),
			       const void *context);

/* Accounts `ns` of running. */
void runq_charge(struct sched_entity *entity, uint64_t ns);
/* Before inserting one that slept or is new. */
void runq_place_woken(const struct runq *queue, struct sched_entity *entity);
/* Should `woken` replace `running`, which started `ran` ns ago? */
bool runq_preempts(const struct sched_entity *woken, const struct sched_entity *running,
		   uint64_t ran);
