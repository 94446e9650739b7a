/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/sim_sched.h - a machine of paper for the scheduling policy: CPUs
 * that do at once what runq.c says, vCPUs that spin, or sleep and work in turn.
 * Times are ns.
 */
#pragma once

#include "xen-like/sched/runq.h"

#define SIM_VCPUS_MAX 1024

struct sim_vcpu {
	struct sched_entity entity;
	struct sched_share own; /* its domain's, unless it is another's */
	uint64_t affinity[RUNQ_CPUS_MAX / 64];
	/* What it does. */
	uint64_t works, sleeps; /* each in turn; works 0: it spins */
	bool yields_instead;	/* of sleeping                     */
	/* How it is. */
	bool runnable;
	uint64_t needs;	    /* work left before it sleeps  */
	uint64_t wakes_at;  /* ~0: it does not sleep       */
	uint64_t waits_for; /* woken at this time, has not run since; ~0: it has */
	/* What came of it. */
	uint64_t ran, worst_wake, turns;
	uint64_t last_end, worst_gap; /* the longest it was runnable without running */
};

struct sim {
	struct runq queue;
	uint64_t now;
	uint32_t vcpu_count;
	uint64_t turn_ends[RUNQ_CPUS_MAX];
	uint64_t switches;
	const char *broken; /* an invariant that did not hold */
	struct sim_vcpu vcpus[SIM_VCPUS_MAX];
};

struct sim *sim_new(uint32_t cpus);
/* It spins when `works` is 0; weight as given; it starts at once. */
struct sim_vcpu *sim_add(struct sim *sim, uint16_t weight, uint64_t works, uint64_t sleeps);
/* One more vCPU of the domain of `first`. */
struct sim_vcpu *sim_add_to(struct sim *sim, struct sim_vcpu *first, uint64_t works,
			    uint64_t sleeps);
/* Changes what its domain may have. */
void sim_share(struct sim *sim, struct sim_vcpu *vcpu, uint16_t weight, uint16_t cap);
/* To the CPUs of `mask`, low 64; ~0: all. */
void sim_pin(struct sim *sim, struct sim_vcpu *vcpu, uint64_t mask);
/* Ends its part: it does not run any more. */
void sim_stop(struct sim *sim, struct sim_vcpu *vcpu);
void sim_run(struct sim *sim, uint64_t ns);
/* Forgets what was measured so far. */
void sim_forget(struct sim *sim);
