// needs: dom0-tools/ensod/backend_past.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_backend_past.c - whether and when a backend is started again.
 */
#include "tests/unit/check.h"

#include "dom0-tools/ensod/backend_past.h"

static void test_backend_one_that_lived_comes_back_at_once(void)
{
	struct backend_past past = {0};

	for (uint64_t now = 1000; now < 1000000; now += BACKEND_QUICK_MS) {
		backend_past_started(&past, now);
		backend_past_ended(&past, BACKEND_END_DIED, now + BACKEND_QUICK_MS);
		EXPECT_EQUAL(past.due_ms, now + BACKEND_QUICK_MS);
		EXPECT(!past.failed);
	}
}

static void test_backend_a_few_quick_deaths_are_forgiven(void)
{
	struct backend_past past = {0};

	for (int i = 0; i < BACKEND_FORGIVEN; i++) {
		backend_past_started(&past, 100);
		backend_past_ended(&past, BACKEND_END_DIED, 101);
		EXPECT_EQUAL(past.due_ms, 101);
	}
}

static void test_backend_pauses_grow_to_a_limit(void)
{
	struct backend_past past = {.quick_deaths = BACKEND_FORGIVEN};
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++) {
		backend_past_started(&past, 100);
		backend_past_ended(&past, BACKEND_END_DIED, 101);
		EXPECT(past.due_ms - 101 >= last);
		last = past.due_ms - 101;
		EXPECT(last > 0 && last <= BACKEND_PAUSE_MAX_MS);
	}
	EXPECT_EQUAL(last, BACKEND_PAUSE_MAX_MS);
	backend_past_started(&past, 100);
	backend_past_ended(&past, BACKEND_END_DIED, 100 + BACKEND_QUICK_MS);
	EXPECT_EQUAL(past.due_ms, 100 + BACKEND_QUICK_MS);
}

static void test_backend_one_that_cannot_serve_stays_down(void)
{
	struct backend_past past = {0};

	backend_past_started(&past, 100);
	backend_past_ended(&past, BACKEND_END_FAILED, 101);
	EXPECT(past.failed);
	backend_past_ended(&past, BACKEND_END_DONE, 101);
	EXPECT(!past.failed);
}

static void test_backend_ends(void)
{
	EXPECT_EQUAL(backend_end_of(true, 0), BACKEND_END_DONE);
	EXPECT_EQUAL(backend_end_of(true, 1), BACKEND_END_FAILED);
	EXPECT_EQUAL(backend_end_of(true, 2), BACKEND_END_DIED);
	EXPECT_EQUAL(backend_end_of(true, 127), BACKEND_END_DIED);
	EXPECT_EQUAL(backend_end_of(false, 9), BACKEND_END_DIED);
	EXPECT_EQUAL(backend_end_of(false, 1), BACKEND_END_DIED);
}

int main(void)
{
	RUN(test_backend_one_that_lived_comes_back_at_once);
	RUN(test_backend_a_few_quick_deaths_are_forgiven);
	RUN(test_backend_pauses_grow_to_a_limit);
	RUN(test_backend_one_that_cannot_serve_stays_down);
	RUN(test_backend_ends);
	return check_result();
}
