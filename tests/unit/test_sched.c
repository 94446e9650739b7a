// needs: xen-like/sched/runq.c xen-like/sched/queue.c tests/unit/sim_sched.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_sched.c - what the scheduling policy promises, on a machine
 * of paper: shares, latency, no starvation, no hoarding, affinity.  Caps: test_sched_caps.c.
 */
#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/sim_sched.h"

#define US     1000ull
#define MS     1000000ull
#define SECOND 1000000000ull

static void end(struct sim *sim)
{
	EXPECT_EQUAL(sim->broken != NULL, 0);
	if (sim->broken)
		fprintf(stderr, "%s\n", sim->broken);
	free(sim);
}

/* Within `percent` of what is due, both ns. */
#define EXPECT_NEAR(got, due, percent)                                                             \
	EXPECT(llabs((long long)(got) - (long long)(due)) * 100 <= (long long)(due) * (percent))

/* `each` spinning vCPUs of each weight: shares as the weights. */
static void shares(uint32_t cpus, uint32_t each)
{
	static const uint16_t weights[3] = {256, 512, 1024};
	struct sim *sim = sim_new(cpus);
	uint64_t total = 0;

	for (uint32_t i = 0; i < 3 * each; i++)
		sim_add(sim, weights[i % 3], 0, 0);
	sim_run(sim, 60 * SECOND);
	for (uint32_t i = 0; i < 3 * each; i++)
		total += sim->vcpus[i].ran;
	EXPECT_EQUAL(total, 60 * SECOND * cpus);
	for (uint32_t i = 0; i < 3 * each; i++)
		EXPECT_NEAR(sim->vcpus[i].ran, total * (1ull << i % 3) / (7 * each), 2);
	end(sim);
}

static void test_shares_1_cpu(void)
{
	shares(1, 1);
	shares(1, 5);
}

static void test_shares_2_cpus(void)
{
	shares(2, 2);
	shares(2, 7);
}

static void test_shares_4_cpus(void)
{
	shares(4, 4);
	shares(4, 11);
}

/* Three equal ones on two CPUs: two thirds each, what queues of each CPU do not give. */
static void test_shares_odd(void)
{
	struct sim *sim = sim_new(2);

	for (int i = 0; i < 3; i++)
		sim_add(sim, 256, 0, 0);
	sim_run(sim, 30 * SECOND);
	for (int i = 0; i < 3; i++)
		EXPECT_NEAR(sim->vcpus[i].ran, 20 * SECOND, 2);
	end(sim);
}

/* One is owed more than a CPU: it has a whole one, the rest share by weight. */
static void test_too_heavy(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *heavy = sim_add(sim, 4096, 0, 0);
	struct sim_vcpu *one = sim_add(sim, 256, 0, 0), *two = sim_add(sim, 512, 0, 0), *later[3];

	sim_run(sim, 100 * SECOND);
	EXPECT_NEAR(heavy->ran, 100 * SECOND, 1);
	EXPECT_NEAR(one->ran, 33333 * MS, 2);
	EXPECT_NEAR(two->ran, 66667 * MS, 2);
	/* And what it could not have had is forgotten when equals come. */
	sim_forget(sim);
	for (int i = 0; i < 3; i++)
		later[i] = sim_add(sim, 4096, 0, 0);
	sim_run(sim, 20 * SECOND);
	for (int i = 0; i < 3; i++)
		EXPECT_NEAR(later[i]->ran, heavy->ran, 15);
	EXPECT(one->worst_gap < 2 * SECOND);
	end(sim);
}

/* One that sleeps mostly gets a CPU at once, though all are busy. */
static void wake_latency(uint32_t cpus, uint32_t spinners, uint64_t bound)
{
	struct sim *sim = sim_new(cpus);
	struct sim_vcpu *sleeper;

	for (uint32_t i = 0; i < spinners; i++)
		sim_add(sim, 256, 0, 0);
	sleeper = sim_add(sim, 256, 100 * US, 9900 * US);
	sim_run(sim, SECOND);
	sim_forget(sim);
	sim_run(sim, 20 * SECOND);
	EXPECT(sleeper->turns > 1900);
	EXPECT(sleeper->worst_wake <= bound);
	EXPECT_NEAR(sleeper->ran, 200 * MS, 3);
	end(sim);
}

static void test_wake_latency(void)
{
	wake_latency(1, 1, 0);
	wake_latency(1, 20, 0);
	wake_latency(2, 9, 0);
	wake_latency(4, 196, 0);
}

/* Many that sleep, of all kinds: each gets its turn within `bound`. */
static void wake_many(uint64_t ratelimit, uint64_t bound)
{
	struct sim *sim = sim_new(4);

	sim->queue.ratelimit = ratelimit;
	for (uint32_t i = 0; i < 8; i++)
		sim_add(sim, 256, 0, 0);
	for (uint32_t i = 0; i < 40; i++)
		sim_add(sim, 256, (50 + i * 13) * US, (7000 + i * 331) * US);
	sim_run(sim, SECOND); /* all came at once */
	sim_forget(sim);
	sim_run(sim, 30 * SECOND);
	for (uint32_t i = 8; i < 48; i++)
		EXPECT(sim->vcpus[i].worst_wake < bound);
	for (uint32_t i = 0; i < 8; i++)
		EXPECT_NEAR(sim->vcpus[i].ran, sim->vcpus[0].ran, 2);
	end(sim);
}

static void test_wake_many(void)
{
	wake_many(0, 800 * US);
	wake_many(200 * US, MS);
	wake_many(SCHED_RATELIMIT_NS, 2500 * US);
}

static void test_200_on_4(void)
{
	struct sim *sim = sim_new(4);
	uint64_t least = ~0ull, most = 0;

	for (uint32_t i = 0; i < 200; i++)
		sim_add(sim, 256, 0, 0);
	sim_run(sim, 100 * SECOND);
	for (uint32_t i = 0; i < 200; i++) {
		least = MIN(least, sim->vcpus[i].ran);
		most = MAX(most, sim->vcpus[i].ran);
		/* A round is 200 / 4 turns. */
		EXPECT(sim->vcpus[i].worst_gap <= 2 * 50 * SCHED_SLICE_NS);
	}
	EXPECT_NEAR(least, 2 * SECOND, 2);
	EXPECT_NEAR(most, 2 * SECOND, 2);
	/* No more switches than turns. */
	EXPECT(sim->switches <= 4 * 100 * SECOND / SCHED_SLICE_NS + 200);
	end(sim);
}

/* The least weight against the most: its turn comes. */
static void test_no_starvation(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *light = sim_add(sim, 1, 0, 0);

	sim_add(sim, 1024, 0, 0);
	for (uint32_t i = 0; i < 20; i++)
		sim_add(sim, 256, 300 * US, 900 * US);
	sim_run(sim, 600 * SECOND);
	EXPECT(light->turns > 10);
	EXPECT(light->worst_gap < 120 * SECOND);
	end(sim);
}

/*
 * After a long sleep, no more than the credit above one's share: with the
 * turn it interrupts, and the rest of its own.
 */
static void test_no_hoarding(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *spins = sim_add(sim, 256, 0, 0);
	struct sim_vcpu *wakes = sim_add(sim, 256, 5 * SECOND, 100 * SECOND);

	sim_run(sim, 15 * SECOND); /* it has worked its 5 s and sleeps */
	sim_run(sim, 96 * SECOND); /* it is back for a while */
	EXPECT(wakes->runnable);
	EXPECT(spins->worst_gap <= SCHED_WAKE_CREDIT_NS + 2 * SCHED_SLICE_NS);
	end(sim);
}

/* Sleeping a moment just before its turn ends must not pay. */
static void test_no_cheating(void)
{
	static const uint64_t works[] = {100 * US, 900 * US, 4900 * US, 5100 * US, 9900 * US};

	for (uint32_t i = 0; i < ARRAY_SIZE(works); i++) {
		struct sim *sim = sim_new(1);
		struct sim_vcpu *honest = sim_add(sim, 256, 0, 0);
		struct sim_vcpu *cheat = sim_add(sim, 256, works[i], 50 * US);

		sim_run(sim, 60 * SECOND);
		EXPECT(cheat->ran * 100 <= honest->ran * 102);
		end(sim);
	}
}

/* Eight that wake together again and again leave those that spin their share. */
static void test_wake_storm(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *spins = sim_add(sim, 256, 0, 0);
	uint64_t others = 0;

	for (uint32_t i = 0; i < 8; i++)
		sim_add(sim, 256, 2 * MS, 3 * MS);
	sim_run(sim, 30 * SECOND);
	for (uint32_t i = 1; i <= 8; i++)
		others += sim->vcpus[i].ran;
	EXPECT(spins->ran * 9 * 100 >= 98 * (others + spins->ran));
	EXPECT(spins->worst_gap < 100 * MS);
	end(sim);
}

static void test_yield(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *spins = sim_add(sim, 256, 0, 0), *polite = sim_add(sim, 256, 20 * US, 0);

	polite->yields_instead = true;
	sim_run(sim, 10 * SECOND);
	/* The one gets whole turns, the other each time its moment. */
	EXPECT(spins->ran > 9 * SECOND);
	EXPECT(polite->turns > 900);
	EXPECT(polite->worst_gap <= SCHED_SLICE_NS);
	/* Alone, it goes on at once. */
	sim_stop(sim, spins);
	sim_forget(sim);
	sim_run(sim, SECOND);
	EXPECT_EQUAL(polite->ran, SECOND);
	end(sim);
}

/* Affinity ---------------------------------------------------------------------- */

static void test_pinned(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *a = sim_add(sim, 256, 0, 0), *b = sim_add(sim, 512, 0, 0);
	struct sim_vcpu *alone = sim_add(sim, 256, 0, 0);

	sim_pin(sim, a, 1);
	sim_pin(sim, b, 1);
	sim_pin(sim, alone, 2);
	sim_forget(sim);
	sim_run(sim, 30 * SECOND);
	EXPECT_NEAR(a->ran, 10 * SECOND, 2);
	EXPECT_NEAR(b->ran, 20 * SECOND, 2);
	EXPECT_NEAR(alone->ran, 30 * SECOND, 1);
	end(sim);
}

/* CPU 0 is crowded for long; one more comes there and gets its share at once. */
static void test_pinned_newcomer(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *sleeper, *late, *moved;

	for (uint32_t i = 0; i < 3; i++)
		sim_pin(sim, sim_add(sim, 256, 0, 0), 1);
	moved = sim_add(sim, 256, 0, 0);
	sim_pin(sim, moved, 2);
	sim_run(sim, 300 * SECOND);
	sleeper = sim_add(sim, 256, 100 * US, 20 * MS);
	sim_pin(sim, sleeper, 1);
	late = sim_add(sim, 256, 0, 0);
	sim_pin(sim, late, 1);
	sim_pin(sim, moved, 1);
	sim_run(sim, SECOND);
	sim_forget(sim);
	sim_run(sim, 20 * SECOND);
	EXPECT(sleeper->worst_wake < 1 * MS);
	EXPECT_NEAR(late->ran, (20 * SECOND - sleeper->ran) / 5, 3);
	EXPECT_NEAR(moved->ran, (20 * SECOND - sleeper->ran) / 5, 3);
	EXPECT_NEAR(sim->vcpus[0].ran, (20 * SECOND - sleeper->ran) / 5, 3);
	end(sim);
}

/* What slept pinned to an idle CPU has saved up nothing against others. */
static void test_pinned_sleeper(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *pinned = sim_add(sim, 256, 10 * MS, 200 * SECOND), *spins;

	sim_pin(sim, pinned, 1);
	spins = sim_add(sim, 256, 0, 0);
	sim_run(sim, 190 * SECOND);
	pinned->works = 10 * SECOND;
	sim_forget(sim);
	sim_run(sim, 15 * SECOND);
	EXPECT(pinned->runnable && pinned->ran > 0);
	EXPECT(spins->worst_gap <= SCHED_WAKE_CREDIT_NS + 2 * SCHED_SLICE_NS);
	end(sim);
}

/* The same on a machine that was busy elsewhere: its CPU's clock kept up. */
static void test_pinned_to_idle(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *pinned = sim_add(sim, 256, 10 * MS, 200 * SECOND), *busy, *free;

	sim_pin(sim, pinned, 1);
	busy = sim_add(sim, 256, 0, 0);
	sim_pin(sim, busy, 2);
	sim_run(sim, 190 * SECOND);
	pinned->works = 100 * SECOND;
	sim_run(sim, 12 * SECOND);
	EXPECT(pinned->runnable);
	free = sim_add(sim, 256, 0, 0);
	sim_forget(sim);
	sim_run(sim, 30 * SECOND);
	EXPECT_NEAR(pinned->ran, 20 * SECOND, 5);
	EXPECT_NEAR(busy->ran, 20 * SECOND, 5);
	EXPECT_NEAR(free->ran, 20 * SECOND, 5);
	end(sim);
}

/* Free ones beside pinned ones: nobody starves, no CPU idles. */
static void test_pinned_and_free(void)
{
	struct sim *sim = sim_new(4);

	for (uint32_t i = 0; i < 12; i++)
		sim_pin(sim, sim_add(sim, 256, 0, 0), 1ull << i % 3);
	for (uint32_t i = 0; i < 6; i++)
		sim_add(sim, 256, 0, 0);
	for (uint32_t i = 0; i < 6; i++)
		sim_pin(sim, sim_add(sim, 256, MS, 9 * MS), 6);
	sim_run(sim, SECOND);
	sim_forget(sim);
	sim_run(sim, 60 * SECOND);
	for (uint32_t i = 0; i < 24; i++) {
		EXPECT(sim->vcpus[i].ran > SECOND);
		EXPECT(sim->vcpus[i].worst_gap < SECOND);
	}
	end(sim);
}

/* Two CPUs may be used, one of them is busy: the other is found. */
static void test_partly_pinned(void)
{
	struct sim *sim = sim_new(4);
	uint64_t ran = 0;

	for (uint32_t i = 0; i < 6; i++) {
		sim_pin(sim, sim_add(sim, 256, 0, 0), 6);
		sim_pin(sim, sim_add(sim, 256, 5 * MS, MS), 6);
	}
	sim_run(sim, 30 * SECOND);
	for (uint32_t i = 0; i < 12; i++) {
		ran += sim->vcpus[i].ran;
		EXPECT(sim->vcpus[i].worst_gap < SECOND);
	}
	EXPECT_NEAR(ran, 60 * SECOND, 1);
	end(sim);
}

/* Pinned away while it runs: it goes, and an idle CPU is told. */
static void test_pin_running(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *vcpu = sim_add(sim, 256, 0, 0);

	for (uint32_t i = 0; i < 1000; i++) {
		sim_pin(sim, vcpu, 1ull << i % 2);
		sim_run(sim, MS);
		EXPECT(sim->queue.cpus[i % 2].running == &vcpu->entity);
	}
	EXPECT_EQUAL(vcpu->ran, SECOND);
	sim_pin(sim, vcpu, ~0ull);
	sim_pin(sim, vcpu, 1ull << 40); /* no such CPU: all */
	sim_run(sim, SECOND);
	EXPECT_EQUAL(vcpu->ran, 2 * SECOND);
	end(sim);
}

/* Everything at once, by chance: the invariants of the simulator hold, nobody starves. */
static void test_anything(void)
{
	uint64_t random = 12345;

	for (uint32_t round = 0; round < 60; round++) {
		struct sim *sim = sim_new(1 + round % 5);

		for (uint32_t step = 0; step < 300; step++) {
			struct sim_vcpu *vcpu;
			uint64_t r;

			random = random * 6364136223846793005ull + 1442695040888963407ull;
			r = random >> 33;
			vcpu = &sim->vcpus[sim->vcpu_count ? r / 8 % sim->vcpu_count : 0];
			if (sim->vcpu_count < 30 && r % 8 < 3)
				sim_add(sim, (uint16_t)(1 + r / 16 % 1000), r % 5 * 700 * US,
					r % 7 * 900 * US + 1);
			else if (r % 8 == 3 && sim->vcpu_count)
				sim_pin(sim, vcpu, r % 3 ? 1 + r / 256 % 31 : ~0ull);
			else if (r % 8 == 4 && sim->vcpu_count)
				sim_share(sim, vcpu, vcpu->entity.share->weight,
					  (uint16_t)(r / 64 % 3 ? 0 : 1 + r / 256 % 99));
			else if (r % 8 == 5 && sim->vcpu_count)
				sim_share(sim, vcpu, (uint16_t)(1 + r / 256 % 65535),
					  vcpu->entity.share->cap);
			else if (r % 64 == 6 && sim->vcpu_count)
				sim_stop(sim, vcpu);
			sim_run(sim, r % 97 * 300 * US);
		}
		for (uint32_t i = 0; i < sim->vcpu_count; i++) {
			uint16_t cap = sim->vcpus[i].entity.share->cap;

			sim_share(sim, &sim->vcpus[i], 256, cap < 20 ? 0 : cap);
		}
		/* What the least weights are ahead, 2.6 s each, the others have to catch up. */
		sim_run(sim, 100 * SECOND / (round % 5 + 1));
		sim_forget(sim);
		sim_run(sim, 5 * SECOND);
		for (uint32_t i = 0; i < sim->vcpu_count; i++)
			EXPECT(sim->vcpus[i].worst_gap < 2 * SECOND);
		end(sim);
	}
}

int main(void)
{
	RUN(test_shares_1_cpu);
	RUN(test_shares_2_cpus);
	RUN(test_shares_4_cpus);
	RUN(test_shares_odd);
	RUN(test_too_heavy);
	RUN(test_wake_latency);
	RUN(test_wake_many);
	RUN(test_200_on_4);
	RUN(test_no_starvation);
	RUN(test_no_hoarding);
	RUN(test_no_cheating);
	RUN(test_wake_storm);
	RUN(test_yield);
	RUN(test_pinned);
	RUN(test_pinned_newcomer);
	RUN(test_pinned_sleeper);
	RUN(test_pinned_to_idle);
	RUN(test_pinned_and_free);
	RUN(test_partly_pinned);
	RUN(test_pin_running);
	RUN(test_anything);
	return check_result();
}
