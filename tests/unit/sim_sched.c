/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/sim_sched.c - see sim_sched.h.  It does what sched.c does with the
 * policy's answers: a poked CPU switches, a turn ends, a cap's window ends.
 */
#include <stdlib.h>

#include "tests/unit/sim_sched.h"

static struct sim_vcpu *vcpu_of(struct sched_entity *entity)
{
	return entity ? container_of(entity, struct sim_vcpu, entity) : NULL;
}

struct sim *sim_new(uint32_t cpus)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	sim->now = 1000000000;
	sim->queue.cpu_count = cpus;
	sim->queue.ratelimit = SCHED_RATELIMIT_NS;
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		uint32_t poke;

		sim->turn_ends[cpu] = ~0ull;
		(void)runq_switch(&sim->queue, cpu, sim->now, false, &poke);
	}
	return sim;
}

static void check_allowed(struct sim *sim, const struct sim_vcpu *vcpu, uint32_t cpu)
{
	const uint64_t *mask = vcpu->entity.affinity;

	if (mask && !(mask[cpu / 64] >> (cpu % 64) & 1))
		sim->broken = "a vCPU runs where it may not";
	if (!vcpu->runnable)
		sim->broken = "a vCPU runs that may not";
	for (uint32_t other = 0; other < sim->queue.cpu_count; other++)
		if (other != cpu && sim->queue.cpus[other].running == &vcpu->entity)
			sim->broken = "a vCPU runs twice";
}

static void switch_cpu(struct sim *sim, uint32_t cpu)
{
	while (cpu != RUNQ_NO_CPU) {
		struct sim_vcpu *previous = vcpu_of(sim->queue.cpus[cpu].running), *next;
		uint32_t poke;

		next = vcpu_of(runq_switch(&sim->queue, cpu, sim->now,
					   previous && previous->runnable, &poke));
		sim->switches += next != previous;
		sim->turn_ends[cpu] = next ? sim->now + runq_slice(&next->entity) : ~0ull;
		if (previous && previous != next)
			previous->last_end = sim->now;
		if (next) {
			uint64_t gap = sim->now - next->last_end;

			check_allowed(sim, next, cpu);
			if (next != previous) {
				next->worst_gap = MAX(next->worst_gap, gap);
				next->turns++;
			}
			if (next->waits_for != ~0ull)
				next->worst_wake =
					MAX(next->worst_wake, sim->now - next->waits_for);
			next->waits_for = ~0ull;
		}
		cpu = poke;
	}
}

static void wake(struct sim *sim, struct sim_vcpu *vcpu)
{
	vcpu->runnable = true;
	vcpu->needs = vcpu->works ? vcpu->works : ~0ull;
	vcpu->wakes_at = ~0ull;
	vcpu->waits_for = vcpu->last_end = sim->now;
	switch_cpu(sim, runq_wake(&sim->queue, &vcpu->entity, sim->now));
}

static struct sim_vcpu *add(struct sim *sim, struct sched_share *share, uint64_t works,
			    uint64_t sleeps)
{
	struct sim_vcpu *vcpu = &sim->vcpus[sim->vcpu_count++];

	vcpu->entity.share = share ? share : &vcpu->own;
	if (!share)
		runq_share_set(&sim->queue, &vcpu->own, SCHED_WEIGHT_DEFAULT, 0, sim->now);
	vcpu->entity.home = RUNQ_ANYWHERE;
	vcpu->works = works;
	vcpu->sleeps = sleeps;
	return vcpu;
}

struct sim_vcpu *sim_add(struct sim *sim, uint16_t weight, uint64_t works, uint64_t sleeps)
{
	struct sim_vcpu *vcpu = add(sim, NULL, works, sleeps);

	sim_share(sim, vcpu, weight, 0);
	wake(sim, vcpu);
	return vcpu;
}

struct sim_vcpu *sim_add_to(struct sim *sim, struct sim_vcpu *first, uint64_t works,
			    uint64_t sleeps)
{
	struct sim_vcpu *vcpu = add(sim, first->entity.share, works, sleeps);

	wake(sim, vcpu);
	return vcpu;
}

void sim_share(struct sim *sim, struct sim_vcpu *vcpu, uint16_t weight, uint16_t cap)
{
	runq_share_set(&sim->queue, vcpu->entity.share, weight, cap, sim->now);
}

void sim_pin(struct sim *sim, struct sim_vcpu *vcpu, uint64_t mask)
{
	vcpu->affinity[0] = mask;
	switch_cpu(sim, runq_set_affinity(&sim->queue, &vcpu->entity,
					  mask == ~0ull ? NULL : vcpu->affinity, sim->now));
}

static uint32_t cpu_of(const struct sim *sim, const struct sim_vcpu *vcpu)
{
	for (uint32_t cpu = 0; cpu < sim->queue.cpu_count; cpu++)
		if (sim->queue.cpus[cpu].running == &vcpu->entity)
			return cpu;
	return RUNQ_NO_CPU;
}

static void rest(struct sim *sim, struct sim_vcpu *vcpu, uint64_t wakes_at)
{
	uint32_t cpu = cpu_of(sim, vcpu);

	vcpu->runnable = false;
	vcpu->wakes_at = wakes_at;
	runq_stop(&vcpu->entity);
	switch_cpu(sim, cpu);
}

void sim_stop(struct sim *sim, struct sim_vcpu *vcpu)
{
	rest(sim, vcpu, ~0ull);
}

/* When something happens next. */
static uint64_t next_event(const struct sim *sim)
{
	uint64_t next = runq_capped_until(&sim->queue);

	for (uint32_t cpu = 0; cpu < sim->queue.cpu_count; cpu++) {
		const struct sched_entity *runs = sim->queue.cpus[cpu].running;

		if (!runs)
			continue;
		next = MIN(next, sim->turn_ends[cpu]);
		if (vcpu_of((struct sched_entity *)runs)->works)
			next = MIN(next, sim->now + vcpu_of((struct sched_entity *)runs)->needs);
	}
	for (uint32_t i = 0; i < sim->vcpu_count; i++)
		next = MIN(next, sim->vcpus[i].wakes_at);
	return next;
}

static void advance(struct sim *sim, uint64_t to)
{
	uint64_t ns = to - sim->now;

	for (uint32_t cpu = 0; cpu < sim->queue.cpu_count; cpu++) {
		struct sim_vcpu *runs = vcpu_of(sim->queue.cpus[cpu].running);

		if (!runs) {
			/* No CPU idles while one that may use it waits. */
			if (ns && (sim->queue.shared.first || sim->queue.cpus[cpu].own.first))
				sim->broken = "a CPU idles while a vCPU waits for it";
			continue;
		}
		runs->ran += ns;
		if (runs->works)
			runs->needs -= ns;
	}
	sim->now = to;
}

static void act(struct sim *sim)
{
	uint32_t poke;

	while (runq_release(&sim->queue, sim->now, &poke))
		switch_cpu(sim, poke);
	for (uint32_t i = 0; i < sim->vcpu_count; i++)
		if (sim->vcpus[i].wakes_at <= sim->now)
			wake(sim, &sim->vcpus[i]);
	for (uint32_t cpu = 0; cpu < sim->queue.cpu_count; cpu++) {
		struct sim_vcpu *runs = vcpu_of(sim->queue.cpus[cpu].running);

		if (runs && runs->works && runs->needs == 0) {
			if (runs->yields_instead) {
				runs->needs = runs->works;
				runs->entity.yields = true;
				switch_cpu(sim, cpu);
			} else {
				rest(sim, runs, sim->now + runs->sleeps);
			}
		} else if (sim->turn_ends[cpu] <= sim->now) {
			switch_cpu(sim, cpu);
		}
	}
}

void sim_run(struct sim *sim, uint64_t ns)
{
	uint64_t end = sim->now + ns;

	for (;;) {
		uint64_t next = next_event(sim);

		advance(sim, MIN(next, end));
		act(sim);
		if (next >= end)
			break;
	}
	/* Who still waits has waited that long. */
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		struct sim_vcpu *vcpu = &sim->vcpus[i];

		if (!vcpu->runnable || cpu_of(sim, vcpu) != RUNQ_NO_CPU)
			continue;
		vcpu->worst_gap = MAX(vcpu->worst_gap, sim->now - vcpu->last_end);
		if (vcpu->waits_for != ~0ull)
			vcpu->worst_wake = MAX(vcpu->worst_wake, sim->now - vcpu->waits_for);
	}
}

void sim_forget(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		struct sim_vcpu *vcpu = &sim->vcpus[i];

		vcpu->ran = vcpu->worst_wake = vcpu->turns = vcpu->worst_gap = 0;
		/* Waiting from before counts from now. */
		vcpu->last_end = sim->now;
		if (vcpu->waits_for != ~0ull)
			vcpu->waits_for = sim->now;
	}
	sim->switches = 0;
}
