/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/reading.h - what the readers of all formats share: the file's
 * bytes, the configuration while it grows, and where each of its fields came from,
 * so that what guest_config_check finds is told with its line.
 */
#pragma once

#include "dom0-tools/config/config_read.h"

#define READING_PLACES 130 /* more devices than that are refused anyway */

struct reading {
	const char *file;
	const char *text; /* `bytes` long, and a 0 behind */
	size_t bytes;
	struct diagnostics *diagnostics;
	struct guest_config *config;
	bool out_of_memory;
	struct place root; /* where things that are missing are told */
	struct place fields[GUEST_FIELDS];
	struct place disks[READING_PLACES], networks[READING_PLACES], vcpus[READING_PLACES];
	const char *const *field_words; /* by enum guest_field, in the format's words */
};

/* A whole file, at most GUEST_FILE_MAX bytes and a 0 behind; *text is the caller's to free. */
MUST_CHECK
int reading_load(const char *path, char **text, size_t *bytes, struct failure *failure);

/* False and an error when the bytes are no UTF-8 or have a NUL among them. */
MUST_CHECK
bool reading_check_text(struct reading *reading);

void __attribute__((format(printf, 4, 5)))
reading_error(struct reading *reading, struct place place, const char *what, const char *format,
	      ...);
void __attribute__((format(printf, 4, 5)))
reading_warning(struct reading *reading, struct place place, const char *what, const char *format,
		...);

/* An action that asks for a core dump as well does not get it: that is told, as a warning. */
void reading_check_action(struct reading *reading, struct place place, const char *what,
			  enum guest_action action);

/* The field came from here. */
void reading_note(struct reading *reading, enum guest_field field, size_t index,
		  struct place place);

/* *slot is now a copy of `text`; an empty text is NULL, "not given". */
void reading_set(struct reading *reading, char **slot, const char *text);

/* Line and column of a byte of the text. */
struct place reading_place(const struct reading *reading, size_t offset);

/*
 * The end of every reader: completes and checks the configuration, hands it out
 * and answers as config_read.h promises.  `usable`: what was read is whole enough
 * to be handed out with errors.  reading->config is no longer the reader's.
 */
MUST_CHECK
int reading_finish(struct reading *reading, bool usable, struct guest_config **config,
		   struct failure *failure);
