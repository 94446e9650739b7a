/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/json.h - a guest's configuration and what was said about a
 * file, as JSON: for machines, and for keeping.  The schema is in docs/config.md;
 * "schema" in a document says which one it is, and only grows.
 */
#pragma once

#include "dom0-tools/config/config_read.h"

#define JSON_GUEST_SCHEMA "enso-guest-1"

struct json_object;

MUST_CHECK
int json_read(const char *path, struct guest_config **config, struct diagnostics *diagnostics,
	      struct failure *failure);
MUST_CHECK
int json_read_memory(const char *name, const char *text, size_t bytes, struct guest_config **config,
		     struct diagnostics *diagnostics, struct failure *failure);

/* Writes a document that reads back as an equal configuration; -EIO, -ENOMEM. */
MUST_CHECK
int json_write(const struct guest_config *config, FILE *out, struct failure *failure);

/* The same as an object, the caller's to put; NULL when out of memory. */
MUST_CHECK
struct json_object *json_guest(const struct guest_config *config);

/* {"errors": 1, "warnings": 0, "messages": [{"file", "line", ...}]}, likewise. */
MUST_CHECK
struct json_object *json_diagnostics(const struct diagnostics *diagnostics);
