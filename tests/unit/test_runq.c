// needs: xen-like/sched/runq.c xen-like/sched/queue.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_runq.c - the queue against a plain list, the policy's single
 * steps.  What the steps add up to: test_sched.c.
 */
#include <stdlib.h>

#include "tests/unit/check.h"
#include "xen-like/sched/runq.h"

#define MS    1000000ull
#define START (1000 * MS)

/* The queue ----------------------------------------------------------------------- */

#define NODES 300

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % bound;
}

/* Nodes reachable from `node`; each must be where its links say. */
static uint32_t count_below(const struct queue *queue, const struct queue_node *node)
{
	uint32_t count = 0;
	const struct queue_node *back = NULL;

	for (; node; back = node, node = node->next) {
		EXPECT(node->in == queue);
		EXPECT(!back || node->back == back);
		if (node->child) {
			EXPECT(node->child->back == node);
			EXPECT(!key_before(node->child->key, node->key));
		}
		count += 1 + count_below(queue, node->child);
	}
	return count;
}

static void check_queue(const struct queue *queue, const struct queue_node *nodes)
{
	const struct queue_node *least = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < NODES; i++) {
		if (!nodes[i].in)
			continue;
		count++;
		if (!least || key_before(nodes[i].key, least->key))
			least = &nodes[i];
	}
	EXPECT_EQUAL(queue->count, count);
	EXPECT_EQUAL(count_below(queue, queue->first), count);
	EXPECT_EQUAL(queue->first != NULL, least != NULL);
	if (least && queue->first)
		EXPECT(queue->first->key == least->key);
}

static void random_queue(uint64_t base, uint32_t spread, uint32_t steps)
{
	static struct queue_node nodes[NODES];
	struct queue queue = {0};

	memset(nodes, 0, sizeof(nodes));
	for (uint32_t step = 0; step < steps; step++) {
		struct queue_node *node = &nodes[random_below(NODES)];
		uint32_t growing = step < steps / 2 ? 6 : 3;

		if (!node->in && random_below(8) < growing)
			queue_insert(&queue, node, base + random_below(spread));
		else if (node->in && random_below(3) == 0)
			queue_remove(node);
		else if (queue.first)
			queue_remove(queue.first);
		check_queue(&queue, nodes);
	}
	while (queue.first) {
		queue_remove(queue.first);
		check_queue(&queue, nodes);
	}
}

static void test_queue_random(void)
{
	random_queue(0, 1000000, 5000);
	random_queue(0, 5, 3000);	       /* many equal ones */
	random_queue(~0ull - 500, 1000, 3000); /* keys that wrap  */
}

static void test_queue_order(void)
{
	static struct queue_node nodes[NODES];
	struct queue queue = {0};
	uint64_t last = 0;

	memset(nodes, 0, sizeof(nodes));
	for (uint32_t i = 0; i < NODES; i++)
		queue_insert(&queue, &nodes[i], (uint64_t)i * 7919 % NODES);
	for (uint32_t i = 0; i < NODES; i++) {
		EXPECT_EQUAL(queue.first->key, i);
		EXPECT(queue.first->key >= last);
		last = queue.first->key;
		queue_remove(queue.first);
	}
	EXPECT(!queue.first);
	queue_remove(&nodes[0]); /* in none: nothing */
	EXPECT_EQUAL(queue.count, 0);
}

/* The policy ---------------------------------------------------------------------- */

static struct runq *new_runq(uint32_t cpus)
{
	struct runq *runq = calloc(1, sizeof(*runq));
	uint32_t poke;

	runq->cpu_count = cpus;
	runq->ratelimit = SCHED_RATELIMIT_NS;
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		(void)runq_switch(runq, cpu, START, false, &poke);
	return runq;
}

static struct sched_share usual = {.weight = SCHED_WEIGHT_DEFAULT};

static struct sched_entity new_entity(void)
{
	return (struct sched_entity){.share = &usual, .home = RUNQ_ANYWHERE};
}

/* What runs on `cpu` goes on if it may. */
static struct sched_entity *turn_over(struct runq *runq, uint32_t cpu, uint64_t now)
{
	uint32_t poke;

	return runq_switch(runq, cpu, now, true, &poke);
}

static void test_idle_cpus_found(void)
{
	struct runq *runq = new_runq(3);
	struct sched_entity e[4] = {new_entity(), new_entity(), new_entity(), new_entity()};
	uint64_t told = 0;

	e[0].last = 2;
	EXPECT_EQUAL(runq_wake(runq, &e[0], START), 2); /* where it was last */
	told |= 1ull << runq_wake(runq, &e[1], START);
	told |= 1ull << runq_wake(runq, &e[2], START);
	EXPECT_EQUAL(told, 3); /* each idle CPU is told of one */
	EXPECT_EQUAL(runq_wake(runq, &e[3], START), RUNQ_NO_CPU);
	EXPECT_EQUAL(runq->shared.count, 4);
	for (uint32_t cpu = 0; cpu < 3; cpu++)
		EXPECT(turn_over(runq, cpu, START) != NULL);
	EXPECT_EQUAL(runq->shared.count, 1);
	free(runq);
}

/* Of idle CPUs one that it wishes; without such a one any: nobody waits for a wish. */
static void test_wishes(void)
{
	struct runq *runq = new_runq(4);
	struct sched_entity e = new_entity(), other = new_entity(), third = new_entity();
	uint64_t only_2 = 1 << 2, all_but_0 = 0xe, none = 1ull << 60;

	e.wishes = other.wishes = &only_2;
	EXPECT_EQUAL(runq_wake(runq, &e, START), 2); /* not where it was last, CPU 0 */
	EXPECT(turn_over(runq, 2, START) == &e);
	other.last = 3;
	EXPECT_EQUAL(runq_wake(runq, &other, START), 3); /* taken: where it was last */
	EXPECT(turn_over(runq, 3, START) == &other);
	third.wishes = &none;
	third.last = 2;
	EXPECT_EQUAL(runq_wake(runq, &third, START), 0);
	EXPECT(turn_over(runq, 0, START) == &third);
	free(runq);

	/* With an affinity: among equals of those it may use. */
	runq = new_runq(4);
	e = other = new_entity();
	e.wishes = other.wishes = &only_2;
	(void)!runq_set_affinity(runq, &e, &all_but_0, START);
	(void)!runq_set_affinity(runq, &other, &all_but_0, START);
	EXPECT_EQUAL(runq_wake(runq, &e, START), 2);
	EXPECT(turn_over(runq, 2, START) == &e);
	EXPECT_EQUAL(runq_wake(runq, &other, START), 1);
	free(runq);
}

/* Told, but somebody was faster: it is idle again, and known to be. */
static void test_idle_again(void)
{
	struct runq *runq = new_runq(2);
	struct sched_entity e = new_entity();

	EXPECT_EQUAL(runq_wake(runq, &e, START), 0);
	EXPECT(turn_over(runq, 1, START) == &e);
	EXPECT(!turn_over(runq, 0, START));
	(void)turn_over(runq, 1, START + MS);
	EXPECT(runq->cpus[1].running == &e);
	EXPECT_EQUAL(runq->idle[0], 1);
	free(runq);
}

static void test_charged_by_weight(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity e = new_entity();
	struct sched_share heavy = {.weight = 1024};

	e.share = &heavy;
	(void)!runq_wake(runq, &e, START);
	(void)turn_over(runq, 0, START);
	uint64_t before = e.virtual_time;

	(void)turn_over(runq, 0, START + 8 * MS);
	EXPECT_EQUAL(e.virtual_time - before, 2 * MS);
	/* Another CPU's clock may be behind: no time, not all time. */
	(void)turn_over(runq, 0, START + 7 * MS);
	EXPECT_EQUAL(e.virtual_time - before, 2 * MS);
	free(runq);
}

static void test_wakes_behind_clock(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity spins = new_entity(), sleeps = new_entity();

	(void)!runq_wake(runq, &spins, START);
	(void)turn_over(runq, 0, START);
	(void)turn_over(runq, 0, START + 1000 * MS);
	/* It is preempted only by somebody who is clearly behind. */
	EXPECT_EQUAL(runq_wake(runq, &sleeps, START + 1000 * MS), 0);
	EXPECT_EQUAL(runq->clock - sleeps.virtual_time, SCHED_WAKE_CREDIT_NS);
	runq_stop(&sleeps);
	EXPECT(!sleeps.node.in);
	sleeps.virtual_time = runq->clock;
	EXPECT_EQUAL(runq_wake(runq, &sleeps, START + 1000 * MS), RUNQ_NO_CPU);
	free(runq);
}

static void test_clock_wraps(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity a = new_entity(), b = new_entity();
	uint64_t now = START, ran[2] = {0, 0};

	runq->clock = runq->cpus[0].clock = ~0ull - 50 * MS;
	(void)!runq_wake(runq, &a, now);
	(void)!runq_wake(runq, &b, now);
	for (int i = 0; i < 100; i++) {
		struct sched_entity *runs = turn_over(runq, 0, now);

		now += SCHED_SLICE_NS;
		ran[runs == &b]++;
	}
	EXPECT(runq->clock < 1000 * MS);
	EXPECT_EQUAL(ran[0], 50);
	EXPECT_EQUAL(ran[1], 50);
	free(runq);
}

static void test_stopped_not_taken(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity e = new_entity();
	uint32_t poke;

	(void)!runq_wake(runq, &e, START);
	runq_stop(&e);
	EXPECT(!turn_over(runq, 0, START));
	(void)!runq_wake(runq, &e, START);
	EXPECT(turn_over(runq, 0, START) == &e);
	EXPECT(!runq_switch(runq, 0, START + MS, false, &poke));
	EXPECT(!e.node.in);
	free(runq);
}

/* Pushed off its CPU while another idles: that one is told. */
static void test_pushed_off(void)
{
	struct runq *runq = new_runq(2);
	struct sched_entity runs = new_entity(), pinned = new_entity();
	uint64_t only_0 = 1;
	uint32_t poke = 99;

	(void)!runq_wake(runq, &runs, START);
	(void)turn_over(runq, 0, START);
	EXPECT_EQUAL(runq_set_affinity(runq, &pinned, &only_0, START), RUNQ_NO_CPU);
	EXPECT_EQUAL(runq_wake(runq, &pinned, START + 9 * MS), 0);
	EXPECT(runq_switch(runq, 0, START + 9 * MS, true, &poke) == &pinned);
	EXPECT_EQUAL(poke, 1);
	EXPECT(turn_over(runq, 1, START + 9 * MS) == &runs);
	free(runq);
}

static void test_steal(void)
{
	struct runq *runq = new_runq(3);
	struct sched_entity a = new_entity(), b = new_entity(), c = new_entity();
	uint64_t low_two = 3, only_0 = 1;

	EXPECT_EQUAL(runq_set_affinity(runq, &a, &low_two, START), RUNQ_NO_CPU);
	EXPECT_EQUAL(runq_set_affinity(runq, &b, &low_two, START), RUNQ_NO_CPU);
	EXPECT_EQUAL(runq_set_affinity(runq, &c, &only_0, START), RUNQ_NO_CPU);
	EXPECT_EQUAL(runq_wake(runq, &a, START), 0);
	EXPECT_EQUAL(runq_wake(runq, &b, START), 1);
	EXPECT(!turn_over(runq, 2, START)); /* neither may run there */
	EXPECT(turn_over(runq, 1, START) == &b);
	EXPECT_EQUAL(b.home, 1);
	/* a waits at home on CPU 0; CPU 1 becomes free. */
	uint32_t poke;

	EXPECT(runq_switch(runq, 1, START + MS, false, &poke) == &a);
	EXPECT_EQUAL(a.home, 1);
	EXPECT_EQUAL(runq_wake(runq, &c, START + MS), RUNQ_NO_CPU); /* CPU 0 is told already */
	EXPECT(turn_over(runq, 0, START + MS) == &c);
	free(runq);
}

static void test_cap_window(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity e = new_entity();
	struct sched_share share = {0};
	uint64_t now = START, until;
	uint32_t poke;

	runq_share_set(runq, &share, 256, 8, START); /* 2.4 ms in 30 */
	e.share = &share;
	(void)!runq_wake(runq, &e, now);
	EXPECT(turn_over(runq, 0, now) == &e);
	EXPECT_EQUAL(runq_slice(&e), 24 * MS / 10);
	now += 6 * MS; /* it could not be stopped earlier */
	EXPECT(!turn_over(runq, 0, now));
	until = runq_capped_until(runq);
	EXPECT(until > now && until != ~0ull);
	EXPECT(!runq_release(runq, until - 1, &poke));
	EXPECT(runq_release(runq, until, &poke));
	EXPECT_EQUAL(poke, 0);
	EXPECT(!runq_release(runq, until, &poke));
	EXPECT_EQUAL(runq_capped_until(runq), ~0ull);
	/* What it had too much is taken off: 6 = 2 windows and 1.2 ms. */
	EXPECT(turn_over(runq, 0, until) == &e);
	EXPECT_EQUAL(runq_slice(&e), 12 * MS / 10);
	free(runq);
}

static void test_capped_is_stopped(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity e = new_entity();
	struct sched_share share = {0};
	uint32_t poke;

	runq_share_set(runq, &share, 256, 1, START);
	e.share = &share;
	(void)!runq_wake(runq, &e, START);
	(void)turn_over(runq, 0, START);
	EXPECT(!turn_over(runq, 0, START + MS));
	EXPECT(e.node.in == &share.waiting);
	EXPECT(share.node.in == &runq->capped);
	runq_stop(&e); /* paused meanwhile */
	EXPECT_EQUAL(runq_capped_until(runq), ~0ull);
	EXPECT(!runq_release(runq, ~0ull >> 1, &poke));
	EXPECT(!share.node.in); /* nothing of the domain's is left behind */
	free(runq);
}

/* Pieces of a cap are lent, and what is given back others may have at once. */
static void test_cap_is_lent(void)
{
	struct runq *runq = new_runq(2);
	struct sched_entity a = new_entity(), b = new_entity(), c = new_entity();
	struct sched_share share = {0};
	uint32_t poke;

	runq_share_set(runq, &share, 256, 10, START); /* 3 ms in 30 */
	a.share = b.share = c.share = &share;
	(void)!runq_wake(runq, &a, START);
	(void)!runq_wake(runq, &b, START);
	EXPECT_EQUAL(runq_wake(runq, &c, START), RUNQ_NO_CPU);
	EXPECT(turn_over(runq, 0, START) != NULL);
	EXPECT(turn_over(runq, 1, START) != NULL);
	EXPECT_EQUAL(share.lent, 3 * MS);
	EXPECT_EQUAL(runq->shared.count, 1);
	/* The first goes to sleep at once; the third one is held back, and let go. */
	EXPECT(runq_switch(runq, 0, START, false, &poke) != NULL);
	EXPECT_EQUAL(share.lent, 3 * MS);
	EXPECT(!turn_over(runq, 0, START + 3 * MS));
	EXPECT(share.used >= 3 * MS);
	EXPECT_EQUAL(runq_capped_until(runq), START + SCHED_CAP_WINDOW_NS);
	/* The cap is lifted: its time has come. */
	runq_share_set(runq, &share, 256, 0, START + 4 * MS);
	EXPECT_EQUAL(runq_capped_until(runq), START + 4 * MS);
	EXPECT(runq_release(runq, START + 4 * MS, &poke));
	EXPECT_EQUAL(poke, 0);
	free(runq);
}

/* Who wakes again and again leaves the other something between two switches. */
static void test_runs_at_least(void)
{
	const uint64_t early = START + 1000 * MS + SCHED_RATELIMIT_NS / 4;
	const uint64_t late = START + 1000 * MS + SCHED_RATELIMIT_NS;
	struct runq *runq = new_runq(1);
	struct sched_entity spins = new_entity(), wakes = new_entity();
	uint32_t poke;

	(void)!runq_wake(runq, &spins, START);
	EXPECT(turn_over(runq, 0, START) == &spins);
	EXPECT(turn_over(runq, 0, START + 1000 * MS) == &spins);
	EXPECT_EQUAL(runq_wake(runq, &wakes, early), 0);
	EXPECT(turn_over(runq, 0, early) == &spins);
	EXPECT_EQUAL(runq_slice(&spins), late - early);
	EXPECT(turn_over(runq, 0, late) == &wakes);
	EXPECT_EQUAL(runq_slice(&wakes), SCHED_SLICE_NS);
	/* It was accounted as a whole. */
	EXPECT_EQUAL(spins.started, late);
	/* Who stops or yields makes room at once. */
	wakes.yields = true;
	EXPECT(turn_over(runq, 0, late + 1) == &spins);
	EXPECT(runq_switch(runq, 0, late + 2, false, &poke) == &wakes);
	free(runq);
}

/* Without a rate limit nobody who wakes is kept waiting. */
static void test_no_ratelimit(void)
{
	struct runq *runq = new_runq(1);
	struct sched_entity spins = new_entity(), wakes = new_entity();

	runq->ratelimit = 0;
	(void)!runq_wake(runq, &spins, START);
	EXPECT(turn_over(runq, 0, START) == &spins);
	EXPECT(turn_over(runq, 0, START + 1000 * MS) == &spins);
	EXPECT_EQUAL(runq_wake(runq, &wakes, START + 1000 * MS + 1), 0);
	EXPECT(turn_over(runq, 0, START + 1000 * MS + 1) == &wakes);
	free(runq);
}

int main(void)
{
	RUN(test_queue_random);
	RUN(test_queue_order);
	RUN(test_idle_cpus_found);
	RUN(test_wishes);
	RUN(test_idle_again);
	RUN(test_charged_by_weight);
	RUN(test_wakes_behind_clock);
	RUN(test_clock_wraps);
	RUN(test_stopped_not_taken);
	RUN(test_pushed_off);
	RUN(test_steal);
	RUN(test_cap_window);
	RUN(test_capped_is_stopped);
	RUN(test_cap_is_lent);
	RUN(test_runs_at_least);
	RUN(test_no_ratelimit);
	return check_result();
}
