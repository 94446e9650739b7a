/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/timing.c - timing.h says what it is for. */
#include "dom0-tools/lib/timing.h"

#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + now.tv_nsec;
}

uint64_t timing_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void timing_end(struct timing *timing)
{
	struct timing_phase *phase;

	if (!timing || !timing->count)
		return;
	phase = &timing->phases[timing->count - 1];
	if (phase->wall_ns)
		return;
	phase->wall_ns = timing_now_ns() - phase->start_ns + 1;
	phase->cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID) - phase->cpu_start_ns;
}

void timing_begin(struct timing *timing, const char *name)
{
	timing_end(timing);
	if (!timing || timing->count == TIMING_PHASES)
		return;
	timing->phases[timing->count++] = (struct timing_phase){
		.name = name,
		.start_ns = timing_now_ns(),
		.cpu_start_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID),
	};
}

void timing_print(const struct timing *timing, FILE *to)
{
	uint64_t wall = 0, cpu = 0;

	if (!timing)
		return;
	fprintf(to, "%-28s %10s %10s\n", "phase", "wall ms", "cpu ms");
	for (unsigned int i = 0; i < timing->count; i++) {
		const struct timing_phase *phase = &timing->phases[i];

		fprintf(to, "%-28s %10.2f %10.2f\n", phase->name, (double)phase->wall_ns / 1e6,
			(double)phase->cpu_ns / 1e6);
		wall += phase->wall_ns;
		cpu += phase->cpu_ns;
	}
	fprintf(to, "%-28s %10.2f %10.2f\n", "all", (double)wall / 1e6, (double)cpu / 1e6);
}
