/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/timing.h - where the time went, phase by phase (--timing).
 * All functions take NULL, and then do nothing.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define TIMING_PHASES 24

struct timing_phase {
	const char *name; /* a literal */
	uint64_t start_ns, cpu_start_ns;
	uint64_t wall_ns, cpu_ns;
};

struct timing {
	struct timing_phase phases[TIMING_PHASES];
	unsigned int count;
};

/* Ends the phase before, if any, and begins one; the name is kept, not copied. */
void timing_begin(struct timing *timing, const char *name);
void timing_end(struct timing *timing);

/* A line for each phase and one for the sum. */
void timing_print(const struct timing *timing, FILE *to);

/* Of CLOCK_MONOTONIC. */
uint64_t timing_now_ns(void);
