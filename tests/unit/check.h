/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/check.h - the few words a host test needs.
 *
 *	static void test_pins(void) { EXPECT(pins() == 0); EXPECT_EQUAL(size(), 3); }
 *	int main(void) { RUN(test_pins); return check_result(); }
 *
 * Each RUN prints `PASS NAME` or `FAIL NAME: FILE:LINE: what was not so`, with
 * the test_ of the name left out; only the first failed expectation is told.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
	int failures; /* of tests         */
	bool failed;  /* the present test */
	char reason[256];
} check_state;

static inline void check_fail(const char *file, int line, const char *what)
{
	if (check_state.failed)
		return;
	check_state.failed = true;
	snprintf(check_state.reason, sizeof(check_state.reason), "%s:%d: %s", file, line, what);
}

static inline void check_equal(const char *file, int line, const char *what, long long got,
			       long long expected)
{
	char text[200];

	if (got == expected)
		return;
	snprintf(text, sizeof(text), "%s is %lld, not %lld", what, got, expected);
	check_fail(file, line, text);
}

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			check_fail(__FILE__, __LINE__, #condition);                                \
	} while (0)

#define EXPECT_EQUAL(got, expected)                                                                \
	check_equal(__FILE__, __LINE__, #got, (long long)(got), (long long)(expected))

static inline void check_run(const char *name, void (*test)(void))
{
	check_state.failed = false;
	test();
	if (strncmp(name, "test_", 5) == 0)
		name += 5;
	if (check_state.failed) {
		printf("FAIL %s: %s\n", name, check_state.reason);
		check_state.failures++;
	} else {
		printf("PASS %s\n", name);
	}
	fflush(stdout);
}

#define RUN(test) check_run(#test, test)

/* main's result. */
static inline int check_result(void)
{
	return check_state.failures != 0;
}
