/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/runq.h - the policy: weighted fair sharing of CPUs.  Pure; the
 * caller locks, and tells the time.
 *
 * Each vCPU has a virtual time that grows with the time it ran, divided by its
 * weight; of those that wait, the one with the least runs next.  A vCPU that
 * slept is put a little behind the clock, so that it runs soon, and no further,
 * so that sleeping saves nothing up.
 *
 * One queue serves all CPUs: shares then hold for the machine, not for the CPU
 * a vCPU happens to be on.  A vCPU with an affinity waits in the queue of one
 * CPU it may use, its home, and goes by that CPU's clock.  Reasons and limits:
 * docs/adr/scheduler.md.
 */
#pragma once

#include "xen-like/sched/queue.h"

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_MAX     65535
#define SCHED_SLICE_NS	     4000000ull
#define SCHED_LOAN_NS	     2500000ull	  /* of a cap, at a time                 */
#define SCHED_LOAN_LEAST_NS  100000ull	  /* when less is left of it             */
#define SCHED_WAKE_CREDIT_NS 5000000ull	  /* how far behind a woken vCPU starts  */
#define SCHED_PREEMPT_NS     500000ull	  /* a lead that is worth a switch       */
#define SCHED_RATELIMIT_NS   1000000ull	  /* before anybody who wakes replaces it */
#define SCHED_LAG_NS	     100000000ull /* arrears that are still made good    */
#define SCHED_CAP_WINDOW_NS  30000000ull  /* a cap holds over this time          */

#define RUNQ_CPUS_MAX	     256
#define RUNQ_NO_CPU	     RUNQ_CPUS_MAX /* nobody need look                     */
#define RUNQ_ANYWHERE	     RUNQ_CPUS_MAX /* the home of those without affinity   */

/*
 * What a domain may have, for all its vCPUs together.  Each of them weighs as
 * much as it says; of the cap each that runs borrows a piece, so that together
 * they use no more, however many run at once.  Set by runq_share_set().
 */
struct sched_share {
	struct queue_node node; /* among the capped ones, by when it may go on */
	struct queue waiting;	/* its entities held back, by virtual time     */
	uint16_t weight;	/* 1 .. SCHED_WEIGHT_MAX                       */
	uint16_t cap;		/* per cent of a CPU; 0: none                  */
	uint64_t window;	/* when this window began, ns                  */
	uint64_t used;		/* ns ran in it, and owed from before          */
	uint64_t lent;		/* ns of it that running entities may yet use  */
};

/*
 * One vCPU as the policy sees it.  Set share and home before the first use; wishes at
 * any time: they are looked at where it wakes to a choice of CPUs, and make none wait.
 */
struct sched_entity {
	struct queue_node node;
	uint64_t virtual_time;	  /* ns at the default weight                   */
	uint64_t started;	  /* accounted up to here, ns; while it runs    */
	const uint64_t *affinity; /* bitmap of CPUs it may use; NULL: all       */
	const uint64_t *wishes;	  /* of those it would rather use; NULL: all    */
	uint32_t home;		  /* whose queue and clock: a CPU or _ANYWHERE  */
	uint32_t last;		  /* the CPU it ran on last                     */
	bool yields;		  /* at the next switch, others first           */
	struct sched_share *share;
	uint64_t lent; /* of its share's cap, while it runs, ns  */
	uint64_t rest; /* of its least time, where a switch came too early, ns */
};

struct runq_cpu {
	struct queue own;	      /* those whose home it is               */
	struct sched_entity *running; /* NULL: it idles                       */
	uint64_t clock;		      /* the most virtual time it has begun at */
};

struct runq {
	struct queue shared; /* entities without affinity */
	struct queue capped; /* shares with some held back */
	uint64_t clock;	     /* the most of all CPUs' clocks */
	uint32_t cpu_count;
	uint64_t ratelimit; /* ns that who has just got a CPU keeps it, whoever wakes */
	uint64_t idle[RUNQ_CPUS_MAX / 64]; /* idle, and not yet told of work */
	struct runq_cpu cpus[RUNQ_CPUS_MAX];
};

/*
 * The entity has become runnable; it neither runs nor waits.  Returns the CPU
 * that should switch now, or RUNQ_NO_CPU.
 */
MUST_CHECK
uint32_t runq_wake(struct runq *runq, struct sched_entity *entity, uint64_t now);

/* It may not run any more: out of whatever queue it is in, if any. */
void runq_stop(struct sched_entity *entity);

/*
 * What `cpu` runs gives way: it is accounted, and queued again if it `stays`
 * runnable.  Returns what runs there from now on; NULL: nothing.  *poke: another
 * CPU that should switch now because of the one that gave way, or RUNQ_NO_CPU.
 */
struct sched_entity *runq_switch(struct runq *runq, uint32_t cpu, uint64_t now, bool stays,
				 uint32_t *poke);

/* How long the entity, just put on a CPU, may run, ns. */
uint64_t runq_slice(const struct sched_entity *entity);

/*
 * Gives a share its weight and cap; before its first use, and whenever they
 * change.  Who is held back is looked at anew: see runq_capped_until().
 */
void runq_share_set(struct runq *runq, struct sched_share *share, uint16_t weight, uint16_t cap,
		    uint64_t now);

/*
 * Changes the CPUs it may use; the bitmap is kept by reference, NULL means all.
 * One without any CPU there is means all, too.  The entity may wait, run or
 * neither; returns the CPU that should switch now, or RUNQ_NO_CPU.
 */
MUST_CHECK
uint32_t runq_set_affinity(struct runq *runq, struct sched_entity *entity, const uint64_t *affinity,
			   uint64_t now);

/* When the next one held back by its cap may go on, ns; ~0: there is none. */
uint64_t runq_capped_until(const struct runq *runq);
/* Lets one of them go on whose time has come; false when there is none.  *poke as above. */
bool runq_release(struct runq *runq, uint64_t now, uint32_t *poke);
