/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/progress.c - progress.h says what it is for. */
#include "dom0-tools/lib/progress.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/lib/timing.h"

#define SHOW_AFTER_NS 1000000000u
#define SHOW_EVERY_NS 200000000u

static void show(const struct progress *progress, uint64_t passed_ns)
{
	if (progress->total)
		fprintf(stderr, "\r\033[K%s: %llu %%", progress->what,
			(unsigned long long)((__uint128_t)progress->done * 100 / progress->total));
	else
		fprintf(stderr, "\r\033[K%s ... %llu s", progress->what,
			(unsigned long long)(passed_ns / 1000000000));
	fflush(stderr);
}

/* Until it ends: looks again and again, and takes away what it has shown. */
static void *show_all(void *argument)
{
	struct progress *progress = argument;
	bool shown = false;

	pthread_mutex_lock(&progress->lock);
	while (!progress->ends) {
		uint64_t passed_ns = timing_now_ns() - progress->start_ns;
		struct timespec next;

		shown = passed_ns >= SHOW_AFTER_NS;
		if (shown)
			show(progress, passed_ns);
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_nsec += SHOW_EVERY_NS;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&progress->ended, &progress->lock, &next);
	}
	pthread_mutex_unlock(&progress->lock);
	if (shown)
		fputs("\r\033[K", stderr);
	return NULL;
}

static bool start(struct progress *progress)
{
	pthread_condattr_t clock;
	sigset_t all, before;
	int error;

	pthread_mutex_init(&progress->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->ended, &clock);
	pthread_condattr_destroy(&clock);
	/* Signals are the work's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&progress->thread, NULL, show_all, progress);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
	if (!progress)
		return;
	progress_end(progress);
	*progress = (struct progress){.what = what, .total = total, .start_ns = timing_now_ns()};
	progress->runs = isatty(STDERR_FILENO) && start(progress);
}

void progress_update(struct progress *progress, uint64_t done)
{
	if (!progress || !progress->runs)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->done = done;
	pthread_mutex_unlock(&progress->lock);
}

void progress_end(struct progress *progress)
{
	if (!progress || !progress->runs)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->ends = true;
	pthread_cond_signal(&progress->ended);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	progress->runs = false;
}
