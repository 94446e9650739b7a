/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/progress.h - work that takes longer than a second shows what it is and
 * how far, on a terminal, in one line that goes away when it is done.  A thread shows it,
 * so that work that waits in one long call is seen as well.
 * All functions take NULL, and then do nothing; without a terminal they do nothing, too.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Zeroed before its first use. */
struct progress {
	bool runs; /* the thread is there, and the rest below is set up */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t ended;
	bool ends;
	const char *what; /* a literal: "unpacking the kernel" */
	uint64_t total;	  /* 0: not known */
	uint64_t done;
	uint64_t start_ns;
};

/* Ends what was shown before, if anything, and begins this. */
void progress_begin(struct progress *progress, const char *what, uint64_t total);

/* Cheap enough to call every few milliseconds. */
void progress_update(struct progress *progress, uint64_t done);

/* Takes the line away.  Before anything else is written to the terminal. */
void progress_end(struct progress *progress);
