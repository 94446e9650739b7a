// needs: xen-like/sched/runq.c xen-like/sched/queue.c tests/unit/sim_sched.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_sched_caps.c - what the policy promises of caps, and of
 * weights and caps that change under way.  The machine is sim_sched.c's.
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

static void test_cap(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *tenth = sim_add(sim, 256, 0, 0), *half = sim_add(sim, 1024, 0, 0);
	struct sim_vcpu *free = sim_add(sim, 256, 0, 0), *works = sim_add(sim, 256, 3 * MS, MS);

	sim_share(sim, tenth, 256, 10);
	sim_share(sim, half, 1024, 50);
	sim_share(sim, works, 256, 30);
	sim_run(sim, 20 * SECOND);
	EXPECT_NEAR(tenth->ran, 2 * SECOND, 2);
	EXPECT_NEAR(half->ran, 10 * SECOND, 2);
	EXPECT_NEAR(works->ran, 6 * SECOND, 2);
	/* Not all that is left: their windows coincide.  Coming back earns no credit. */
	EXPECT(free->ran > 13 * SECOND);
	EXPECT(tenth->worst_gap <= 3 * SCHED_CAP_WINDOW_NS);
	end(sim);
}

/* A cap is no promise of credit: idle windows are not saved. */
static void test_cap_not_saved(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *vcpu = sim_add(sim, 256, MS, 50 * SECOND);

	sim_share(sim, vcpu, 256, 20);
	sim_run(sim, 40 * SECOND);
	vcpu->works = 100 * SECOND;
	sim_forget(sim);
	sim_run(sim, 20 * SECOND); /* it wakes after about 10 s */
	EXPECT_NEAR(vcpu->ran, 2 * SECOND, 3);
	end(sim);
}

/* A domain's vCPUs share its cap, however many run at once, and none goes without. */
static void cap_together(uint32_t cpus, uint32_t vcpus, uint16_t cap)
{
	struct sim *sim = sim_new(cpus);
	struct sim_vcpu *first = sim_add(sim, 256, 0, 0);
	uint64_t due = 60 * SECOND / 100 * cap, ran = 0;

	for (uint32_t i = 1; i < vcpus; i++)
		sim_add_to(sim, first, 0, 0);
	sim_share(sim, first, 256, cap);
	sim_run(sim, 60 * SECOND);
	for (uint32_t i = 0; i < vcpus; i++) {
		ran += sim->vcpus[i].ran;
		/* The last piece goes to whoever asks first. */
		EXPECT_NEAR(sim->vcpus[i].ran, due / vcpus, 34);
	}
	EXPECT_NEAR(ran, due, 2);
	end(sim);
}

static void test_cap_together(void)
{
	cap_together(1, 1, 50);
	cap_together(1, 4, 50);
	cap_together(2, 4, 50);
	cap_together(4, 4, 50);
	cap_together(4, 4, 150);
	cap_together(4, 4, 7);
	cap_together(4, 9, 333);
}

/* One busy vCPU of a domain may have all of its cap. */
static void test_cap_of_one(void)
{
	struct sim *sim = sim_new(2);
	struct sim_vcpu *busy = sim_add(sim, 256, 0, 0);

	for (uint32_t i = 0; i < 7; i++)
		sim_add_to(sim, busy, 50 * US, 99950 * US);
	sim_share(sim, busy, 256, 50);
	sim_run(sim, SECOND);
	sim_forget(sim);
	sim_run(sim, 20 * SECOND);
	EXPECT_NEAR(busy->ran, 10 * SECOND - 7 * 10 * MS, 3);
	end(sim);
}

/* Raised, lowered and taken away under way: it holds from then on. */
static void test_cap_changes(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *vcpu = sim_add(sim, 256, 0, 0);
	static const struct {
		uint16_t cap;
		uint64_t due;
	} steps[] = {{1, 100 * MS}, {50, 5 * SECOND}, {0, 10 * SECOND}, {25, 2500 * MS}};

	for (uint32_t i = 0; i < ARRAY_SIZE(steps); i++) {
		sim_share(sim, vcpu, 256, steps[i].cap);
		sim_run(sim, SECOND);
		sim_forget(sim);
		sim_run(sim, 10 * SECOND);
		EXPECT_NEAR(vcpu->ran, steps[i].due, 2);
	}
	end(sim);
}

/* A weight that changes counts from then on, also for the others. */
static void test_weight_changes(void)
{
	struct sim *sim = sim_new(1);
	struct sim_vcpu *a = sim_add(sim, 256, 0, 0), *b = sim_add(sim, 256, 0, 0);

	sim_run(sim, 10 * SECOND);
	sim_share(sim, a, 768, 0);
	sim_run(sim, SECOND);
	sim_forget(sim);
	sim_run(sim, 10 * SECOND);
	EXPECT_NEAR(a->ran, 7500 * MS, 2);
	EXPECT_NEAR(b->ran, 2500 * MS, 2);
	end(sim);
}

int main(void)
{
	RUN(test_cap);
	RUN(test_cap_not_saved);
	RUN(test_cap_together);
	RUN(test_cap_of_one);
	RUN(test_cap_changes);
	RUN(test_weight_changes);
	return check_result();
}
