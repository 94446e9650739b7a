/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/progress.c - progress.h says what it is for. */
#include "dom0-tools/lib/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "dom0-tools/lib/timing.h"

#define SHOW_AFTER_NS 1000000000u
#define SHOW_EVERY_NS 100000000u

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
	if (!progress)
		return;
	*progress = (struct progress){.what = what, .total = total, .start_ns = timing_now_ns()};
}

void progress_update(struct progress *progress, uint64_t done)
{
	uint64_t now;

	if (!progress)
		return;
	now = timing_now_ns();
	if (now - progress->start_ns < SHOW_AFTER_NS || now - progress->shown_ns < SHOW_EVERY_NS ||
	    !isatty(STDERR_FILENO))
		return;
	progress->shown_ns = now;
	progress->shown = true;
	if (progress->total)
		fprintf(stderr, "\r\033[K%s: %llu %%", progress->what,
			(unsigned long long)((__uint128_t)done * 100 / progress->total));
	else
		fprintf(stderr, "\r\033[K%s ...", progress->what);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (!progress || !progress->shown)
		return;
	fputs("\r\033[K", stderr);
	progress->shown = false;
}
