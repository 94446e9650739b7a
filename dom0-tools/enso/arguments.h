/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/arguments.h - a command line read against its row of the
 * table: options anywhere, `--name value` or `--name=value`, letters together
 * (`-cp`), `--` ends them.  Pure: refuses with a sentence, prints nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dom0-tools/enso/commands.h"

#define ARGUMENT_OPTIONS_MAX 16

struct arguments {
	const struct command *command;
	int count;	    /* of words[]                                   */
	const char **words; /* not options; points into the argv, ends NULL */
	int option_count;
	struct {
		const struct option_row *row;
		const char *value; /* NULL for a flag */
	} options[ARGUMENT_OPTIONS_MAX];
};

/*
 * Reads `count` words (those after the command's name).  Returns 0, -EINVAL with
 * `complaint` filled, or -ENOMEM.  With --help among the options, nothing else is
 * complained about.  The result points into `words`.
 */
int arguments_parse(struct arguments *arguments, const struct command *command, int count,
		    char *const words[], char *complaint, size_t complaint_size);
void arguments_free(struct arguments *arguments);

/* The last value given to an option; NULL when it was not given (or is a flag). */
const char *arguments_value(const struct arguments *arguments, const char *option);
bool arguments_has(const struct arguments *arguments, const char *option);

/* The same of a numeric option; `otherwise` when not given. */
uint64_t arguments_number(const struct arguments *arguments, const char *option,
			  uint64_t otherwise);

/* How many words a command takes; *most is -1 when there is no limit. */
void arguments_bounds(const char *notation, int *least, int *most);

/* Whether `text` is a whole number of at most 18 digits; *number is it. */
bool argument_number(const char *text, uint64_t *number);

/* "512", "512m", "2g": KiB; without a letter `unit` (k, m, g, t) counts.  False: not a size. */
bool argument_size(const char *text, char unit, uint64_t *kib);
