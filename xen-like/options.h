/* SPDX-License-Identifier: MIT */
/*
 * xen-like/options.h - boot options: one list (options.def), one struct.  Pure.
 */
#pragma once

#include "xen-like/base/abi.h"

#define OPTION_TEXT_MAX 64

#ifdef ENSO_DEBUG
#define AUDIT_DEFAULT true
#else
#define AUDIT_DEFAULT false
#endif

#define FIELD_TEXT(field)    char field[OPTION_TEXT_MAX]
#define FIELD_BOOLEAN(field) bool field
#define FIELD_NUMBER(field)  uint64_t field
#define FIELD_SIZE(field)    uint64_t field

struct options {
#define OPTION(kind, name, field, value, help) FIELD_##kind(field);
#include "xen-like/options.def"
#undef OPTION
};

extern struct options options;

/*
 * Fills `into` with defaults and what `line` says.  complaint(why, text) is
 * called for each word that is unknown or malformed; that word has no effect.
 * A first word with a slash, the image's own name, is passed over.
 */
void options_parse(struct options *into, const char *line,
		   void (*complaint)(const char *why, const char *word));

/* Size with K, M, G, T suffix (none: `unit` bytes).  False when malformed or too big. */
MUST_CHECK
bool options_parse_size(const char *text, uint64_t unit, uint64_t *bytes);

/* The line as it was given, without the image's name. */
const char *options_command_line(void);
