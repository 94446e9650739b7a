/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/runq.c - see runq.h.
 */
#include "xen-like/sched/runq.h"
#include "xen-like/base/bits.h"

static struct sched_entity *entity_of(struct queue_node *node)
{
	return node ? container_of(node, struct sched_entity, node) : NULL;
}

static struct sched_share *share_of(struct queue_node *node)
{
	return node ? container_of(node, struct sched_share, node) : NULL;
}

static bool allowed(const struct sched_entity *entity, uint32_t cpu)
{
	return !entity->affinity || bit_test(entity->affinity, cpu);
}

static bool wishes(const struct sched_entity *entity, uint32_t cpu)
{
	return !entity->wishes || bit_test(entity->wishes, cpu);
}

/* Time ------------------------------------------------------------------------ */

/* CPUs' clocks may differ a little: time never runs backwards here. */
static uint64_t since(uint64_t then, uint64_t now)
{
	return key_before(then, now) ? now - then : 0;
}

static uint64_t weighted(const struct sched_entity *entity, uint64_t ns)
{
	/* Not longer than a CPU could have been away: keeps the product in range. */
	return MIN(ns, 1ull << 40) * SCHED_WEIGHT_DEFAULT / entity->share->weight;
}

static uint64_t clock_of(const struct runq *runq, uint32_t home)
{
	return home == RUNQ_ANYWHERE ? runq->clock : runq->cpus[home].clock;
}

static void not_before(uint64_t *time, uint64_t least)
{
	if (key_before(*time, least))
		*time = least;
}

/*
 * Virtual time compares only by one clock: a new home keeps the distance to its
 * clock.  A CPU that idles has let nobody wait, so its clock first catches up.
 */
static void set_home(struct runq *runq, struct sched_entity *entity, uint32_t home)
{
	struct runq_cpu *there = home == RUNQ_ANYWHERE ? NULL : &runq->cpus[home];

	if (there && !there->running && !there->own.first)
		there->clock = runq->clock;
	entity->virtual_time += clock_of(runq, home) - clock_of(runq, entity->home);
	entity->home = home;
}

/* Caps ------------------------------------------------------------------------ */

static uint64_t cap_allows(const struct sched_share *share)
{
	return SCHED_CAP_WINDOW_NS / 100 * share->cap;
}

/* Each window that ended pays for as much as its cap. */
static void cap_advance(struct sched_share *share, uint64_t now)
{
	uint64_t windows = since(share->window, now) / SCHED_CAP_WINDOW_NS;
	uint64_t paid = multiply_saturating(windows, cap_allows(share));

	share->window += windows * SCHED_CAP_WINDOW_NS;
	share->used -= MIN(share->used, paid);
}

/* When one of its entities may run again; 0: now. */
static uint64_t cap_ends(struct sched_share *share, uint64_t now)
{
	uint64_t allows = cap_allows(share);

	if (share->cap == 0)
		return 0;
	cap_advance(share, now);
	if (share->used + share->lent < allows)
		return 0;
	return share->window + MAX(share->used / allows, 1ull) * SCHED_CAP_WINDOW_NS;
}

/* For one that starts to run: cap_ends() has said that something is left. */
static void borrow(struct sched_entity *entity)
{
	struct sched_share *share = entity->share;
	uint64_t taken = share->used + share->lent, left;

	if (share->cap == 0)
		return;
	left = cap_allows(share) - MIN(taken, cap_allows(share));
	entity->lent = MIN(MAX(left, SCHED_LOAN_LEAST_NS), SCHED_LOAN_NS);
	share->lent += entity->lent;
}

uint64_t runq_slice(const struct sched_entity *entity)
{
	if (entity->rest)
		return entity->rest;
	return entity->lent ? entity->lent : SCHED_SLICE_NS;
}

static void account(struct sched_entity *entity, uint64_t now)
{
	uint64_t ran = since(entity->started, now);

	entity->virtual_time += weighted(entity, ran);
	entity->started = now;
	entity->share->used += entity->share->cap ? ran : 0;
	entity->share->lent -= entity->lent;
	entity->lent = 0;
}

/* Its entities that are held back are looked at from `when` on. */
static void share_wait(struct runq *runq, struct sched_share *share, uint64_t when)
{
	queue_remove(&share->node);
	if (share->waiting.first)
		queue_insert(&runq->capped, &share->node, when);
}

/* True: it has to wait for its share, and does. */
static bool hold_back(struct runq *runq, struct sched_entity *entity, uint64_t now)
{
	uint64_t until = cap_ends(entity->share, now);

	if (!until)
		return false;
	queue_insert(&entity->share->waiting, &entity->node, entity->virtual_time);
	share_wait(runq, entity->share, until);
	return true;
}

static bool is_held_back(const struct sched_entity *entity)
{
	return entity->node.in == &entity->share->waiting;
}

/* Queueing -------------------------------------------------------------------- */

/* Of the CPUs it may use: an idle one, else that with the shortest queue; of equals one it wishes.
 */
static uint32_t choose_home(const struct runq *runq, const struct sched_entity *entity)
{
	uint32_t best = RUNQ_ANYWHERE;
	uint32_t best_load = ~0u;

	if (!entity->affinity)
		return RUNQ_ANYWHERE;
	for (uint32_t cpu = (uint32_t)bit_next(entity->affinity, runq->cpu_count, 0);
	     cpu < runq->cpu_count;
	     cpu = (uint32_t)bit_next(entity->affinity, runq->cpu_count, cpu + 1)) {
		uint32_t load = runq->cpus[cpu].own.count + (runq->cpus[cpu].running != NULL);

		load = 2 * load + !wishes(entity, cpu);
		/* Its caches may still be warm where it was. */
		if (load < best_load || (load == best_load && cpu == entity->home)) {
			best = cpu;
			best_load = load;
		}
	}
	return best;
}

static void enqueue(struct runq *runq, struct sched_entity *entity, uint64_t now)
{
	if (hold_back(runq, entity, now))
		return;
	if (entity->home == RUNQ_ANYWHERE)
		queue_insert(&runq->shared, &entity->node, entity->virtual_time);
	else
		queue_insert(&runq->cpus[entity->home].own, &entity->node, entity->virtual_time);
}

/* How far ahead of the one that waits is the one that runs on `cpu`? */
static int64_t lead(const struct runq *runq, uint32_t cpu, const struct sched_entity *waits,
		    uint64_t now)
{
	const struct sched_entity *runs = runq->cpus[cpu].running;
	uint64_t reached = runs->virtual_time + weighted(runs, since(runs->started, now));

	return (int64_t)(reached - waits->virtual_time);
}

/* The CPU that is furthest ahead of it, if by enough. */
static uint32_t find_victim(const struct runq *runq, const struct sched_entity *entity,
			    uint64_t now)
{
	uint32_t best = RUNQ_NO_CPU;
	int64_t most = (int64_t)SCHED_PREEMPT_NS;

	for (uint32_t cpu = 0; cpu < runq->cpu_count; cpu++) {
		int64_t ahead;

		if (!runq->cpus[cpu].running)
			continue;
		if (entity->home != RUNQ_ANYWHERE && entity->home != cpu)
			continue;
		ahead = lead(runq, cpu, entity, now);
		if (ahead > most) {
			most = ahead;
			best = cpu;
		}
	}
	return best;
}

/* Any idle CPU, one that it wishes if there is such a one; cpu_count: none. */
static uint32_t any_idle(const struct runq *runq, const struct sched_entity *entity)
{
	uint32_t first = (uint32_t)bit_next(runq->idle, runq->cpu_count, 0), cpu = first;

	while (cpu < runq->cpu_count && !wishes(entity, cpu))
		cpu = (uint32_t)bit_next(runq->idle, runq->cpu_count, cpu + 1);
	if (cpu < runq->cpu_count)
		return cpu;
	return bit_test(runq->idle, entity->last) ? entity->last : first;
}

static uint32_t find_idle(struct runq *runq, const struct sched_entity *entity)
{
	uint32_t cpu = entity->home == RUNQ_ANYWHERE ? entity->last : entity->home;

	/* Where it was last, its state may still be in the registers. */
	if (entity->home == RUNQ_ANYWHERE && (!bit_test(runq->idle, cpu) || !wishes(entity, cpu)))
		cpu = any_idle(runq, entity);
	if (cpu >= runq->cpu_count || !bit_test(runq->idle, cpu))
		return RUNQ_NO_CPU;
	/* It is taken: the next one woken finds another. */
	bit_clear(runq->idle, cpu);
	return cpu;
}

/* Who should look at an entity that has just been queued? */
static uint32_t find_cpu(struct runq *runq, const struct sched_entity *entity, uint64_t now)
{
	uint32_t cpu;

	if (is_held_back(entity))
		return RUNQ_NO_CPU;
	cpu = find_idle(runq, entity);
	return cpu != RUNQ_NO_CPU ? cpu : find_victim(runq, entity, now);
}

/* It comes back, no further behind the clock than `credit`. */
static uint32_t come_back(struct runq *runq, struct sched_entity *entity, uint64_t credit,
			  uint64_t now)
{
	set_home(runq, entity, choose_home(runq, entity));
	not_before(&entity->virtual_time, clock_of(runq, entity->home) - credit);
	enqueue(runq, entity, now);
	return find_cpu(runq, entity, now);
}

uint32_t runq_wake(struct runq *runq, struct sched_entity *entity, uint64_t now)
{
	return come_back(runq, entity, SCHED_WAKE_CREDIT_NS, now);
}

void runq_stop(struct sched_entity *entity)
{
	queue_remove(&entity->node);
	if (!entity->share->waiting.first)
		queue_remove(&entity->share->node);
}

/* Switching ------------------------------------------------------------------- */

/* Nothing waits for this CPU: does another CPU's first one, that may run here? */
static struct sched_entity *steal(struct runq *runq, uint32_t thief)
{
	for (uint32_t cpu = 0; cpu < runq->cpu_count; cpu++) {
		struct sched_entity *entity = entity_of(runq->cpus[cpu].own.first);

		if (!entity || !allowed(entity, thief))
			continue;
		queue_remove(&entity->node);
		set_home(runq, entity, thief);
		return entity;
	}
	return NULL;
}

/* The first one in line for this CPU, out of its queue. */
static struct sched_entity *first_for(struct runq *runq, uint32_t cpu)
{
	struct queue_node *own = runq->cpus[cpu].own.first, *shared = runq->shared.first;
	struct queue_node *node = own;

	if (!own || (shared && key_before(shared->key, own->key)))
		node = shared;
	if (!node)
		return steal(runq, cpu);
	queue_remove(node);
	return entity_of(node);
}

/* Others may have used up its share while it waited. */
static struct sched_entity *take(struct runq *runq, uint32_t cpu, uint64_t now)
{
	struct sched_entity *entity = first_for(runq, cpu);

	while (entity && hold_back(runq, entity, now))
		entity = first_for(runq, cpu);
	return entity;
}

static void start(struct runq *runq, uint32_t cpu, struct sched_entity *entity, uint64_t now)
{
	struct runq_cpu *here = &runq->cpus[cpu];

	here->running = entity;
	if (!entity) {
		bit_set(runq->idle, cpu);
		return;
	}
	/*
	 * One that runs all the time and still falls behind is owed more than a
	 * CPU: that cannot be paid, so it is not saved up either.
	 */
	if (entity->home == RUNQ_ANYWHERE)
		not_before(&entity->virtual_time, runq->clock - SCHED_LAG_NS);
	borrow(entity);
	entity->started = now;
	entity->rest = 0;
	entity->last = cpu;
	not_before(&here->clock, entity->virtual_time);
	not_before(&runq->clock, here->clock);
	bit_clear(runq->idle, cpu);
}

/* The one that gave way waits again: here, or where it now belongs. */
static void requeue(struct runq *runq, uint32_t cpu, struct sched_entity *entity, uint64_t now)
{
	if (!allowed(entity, cpu) || (entity->affinity && entity->home == RUNQ_ANYWHERE))
		set_home(runq, entity, choose_home(runq, entity));
	enqueue(runq, entity, now);
}

/*
 * Somebody has woken too early: who wakes again and again would else leave the
 * one that runs nothing but switches.  Caps are cut exactly, so not with one.
 */
static bool goes_on(const struct runq *runq, uint32_t cpu, struct sched_entity *entity,
		    uint64_t now)
{
	uint64_t ran = since(entity->started, now);

	if (entity->yields || entity->lent || !allowed(entity, cpu) || ran >= runq->ratelimit)
		return false;
	if (!runq->shared.first && !runq->cpus[cpu].own.first)
		return false;
	entity->rest = runq->ratelimit - ran;
	return true;
}

struct sched_entity *runq_switch(struct runq *runq, uint32_t cpu, uint64_t now, bool stays,
				 uint32_t *poke)
{
	struct sched_entity *previous = runq->cpus[cpu].running, *next;
	bool yields = stays && previous && previous->yields;

	*poke = RUNQ_NO_CPU;
	if (stays && previous && goes_on(runq, cpu, previous, now))
		return previous;
	runq->cpus[cpu].running = NULL;
	if (previous) {
		account(previous, now);
		previous->yields = false;
		/* What it gives back others of its domain may have. */
		if (previous->share->waiting.first && !cap_ends(previous->share, now))
			share_wait(runq, previous->share, now);
	}
	if (previous && stays && !yields)
		requeue(runq, cpu, previous, now);
	next = take(runq, cpu, now);
	if (yields) {
		requeue(runq, cpu, previous, now);
		if (!next)
			next = take(runq, cpu, now);
	}
	start(runq, cpu, next, now);
	if (previous && previous->node.in && !is_held_back(previous))
		*poke = allowed(previous, cpu) ? find_idle(runq, previous)
					       : find_cpu(runq, previous, now);
	return next;
}

/* Changes from outside ---------------------------------------------------------- */

uint32_t runq_set_affinity(struct runq *runq, struct sched_entity *entity, const uint64_t *affinity,
			   uint64_t now)
{
	bool waits = entity->node.in != NULL;

	runq_stop(entity);
	if (affinity && bit_next(affinity, runq->cpu_count, 0) == runq->cpu_count)
		affinity = NULL;
	entity->affinity = affinity;
	for (uint32_t cpu = 0; cpu < runq->cpu_count; cpu++) {
		if (runq->cpus[cpu].running != entity)
			continue;
		set_home(runq, entity, affinity && allowed(entity, cpu) ? cpu : RUNQ_ANYWHERE);
		return allowed(entity, cpu) ? RUNQ_NO_CPU : cpu;
	}
	set_home(runq, entity, choose_home(runq, entity));
	if (!waits)
		return RUNQ_NO_CPU;
	enqueue(runq, entity, now);
	return find_cpu(runq, entity, now);
}

void runq_share_set(struct runq *runq, struct sched_share *share, uint16_t weight, uint16_t cap,
		    uint64_t now)
{
	share->weight = weight;
	if (share->cap == 0) {
		share->window = now;
		share->used = 0;
	}
	share->cap = cap;
	share_wait(runq, share, now);
}

uint64_t runq_capped_until(const struct runq *runq)
{
	return runq->capped.first ? runq->capped.first->key : ~0ull;
}

bool runq_release(struct runq *runq, uint64_t now, uint32_t *poke)
{
	struct sched_share *share = share_of(runq->capped.first);
	struct sched_entity *entity;
	uint64_t until;

	*poke = RUNQ_NO_CPU;
	if (!share || key_before(now, share->node.key))
		return false;
	until = cap_ends(share, now);
	if (until) {
		share_wait(runq, share, until);
		return true;
	}
	entity = entity_of(share->waiting.first);
	queue_remove(&entity->node);
	share_wait(runq, share, now);
	/* It did not sleep, its domain has had its fill: no credit. */
	*poke = come_back(runq, entity, 0, now);
	return true;
}
