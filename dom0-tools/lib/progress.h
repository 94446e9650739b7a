/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/progress.h - work that takes longer than a second shows how far
 * it is, on a terminal, in one line that goes away when it is done.
 * All functions take NULL, and then do nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* a literal: "unpacking the kernel" */
	uint64_t total;	  /* 0: not known */
	uint64_t start_ns, shown_ns;
	bool shown;
};

void progress_begin(struct progress *progress, const char *what, uint64_t total);

/* Cheap enough to call every few milliseconds; prints at most ten times a second. */
void progress_update(struct progress *progress, uint64_t done);

/* Takes the line away. */
void progress_end(struct progress *progress);
