/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/diagnostics.h - all that is to be said about a guest's file,
 * each thing with its place.  A reader adds, the command line prints: as lines
 * of `FILE:LINE:COLUMN: error: WHAT: TEXT`, or as JSON (json.h).
 *
 * Adding never fails: a list that is full or out of memory still counts.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

#define DIAGNOSTICS_KEPT 100 /* a hostile file may not fill the memory */
#define DIAGNOSTIC_TEXT	 400

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

/* A place in a file; lines and columns (of bytes) count from 1, 0 is "no such". */
struct place {
	unsigned int line, column;
};

struct diagnostic {
	char *file;
	struct place place;
	enum severity severity;
	char *what; /* the element, attribute or key; "" when none */
	char *text; /* one sentence                                */
};

struct diagnostics {
	struct diagnostic kept[DIAGNOSTICS_KEPT];
	size_t kept_count;
	size_t errors, warnings; /* all, also those not kept */
};

/* Zeroed by the caller or by this. */
void diagnostics_init(struct diagnostics *diagnostics);
void diagnostics_free(struct diagnostics *diagnostics);

/* Bytes of `what` and of the text that a terminal would obey are told as "?". */
void diagnostics_add(struct diagnostics *diagnostics, enum severity severity, const char *file,
		     struct place place, const char *what, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Puts what is kept of `file` in the order of its lines; of one place as they came. */
void diagnostics_sort(struct diagnostics *diagnostics, const char *file);

/* One line each, and one for those that were not kept. */
void diagnostics_print(const struct diagnostics *diagnostics, FILE *out);

/* The first error as a failure, with how many more; -EINVAL, or 0 when there is none. */
int diagnostics_fail(const struct diagnostics *diagnostics, struct failure *failure);
