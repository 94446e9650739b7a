/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xlcfg_parse.h - the syntax of xl.cfg(5): assignments of
 * strings, numbers and lists, divided by lines or semicolons.  What the keys
 * mean is xlcfg_keys.c's.
 */
#pragma once

#include "dom0-tools/config/reading.h"

#define XL_VALUES 5000 /* in a file, list items included */
#define XL_DEPTH  8    /* of lists in lists              */

enum xl_kind { XL_STRING, XL_NUMBER, XL_LIST };

struct xl_value {
	enum xl_kind kind;
	char *text;   /* a string's contents, a number as written; NULL for a list */
	bool escaped; /* the contents are shorter than what stands in the file     */
	struct place place;
	struct xl_value *first, *next; /* of a list; in a list */
};

struct xl_assignment {
	char *key;
	struct place place;
	struct xl_value *value;
	struct xl_assignment *next;
};

/*
 * All assignments of the text that can be read, in order; NULL when there are
 * none.  What cannot be read is told, and the next line tried; *whole says
 * whether all could.
 */
MUST_CHECK
struct xl_assignment *xl_parse(struct reading *reading, bool *whole);
void xl_free(struct xl_assignment *first);

/* The place of a character of a string's contents. */
struct place xl_place_in(const struct xl_value *value, size_t offset);
