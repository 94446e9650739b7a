/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/decode_test.h - what the two tests of the decoder share: verdicts
 * by a name made at run time, and numbers that are random but always the same.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static int failures;

static inline void check(const char *name, bool good, const char *reason)
{
	if (good) {
		printf("PASS decode_%s\n", name);
	} else {
		printf("FAIL decode_%s: %s\n", name, reason);
		failures++;
	}
}

static uint64_t random_state = 88172645463325252ull;

static inline uint64_t random_64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static inline uint32_t below(uint32_t limit)
{
	return (uint32_t)(random_64() >> 32) % limit;
}
