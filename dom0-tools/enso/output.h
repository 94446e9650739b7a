/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/output.h - what goes to standard output for machines: one JSON
 * document a command, or one a line for those that stream.
 *
 * Adding takes a NULL object and does nothing, and running out of memory is
 * remembered until the document is printed: callers check once.
 */
#pragma once

#include <stdint.h>

#include "dom0-tools/enso/invocation.h"

struct json_object;

/* A new document with its "schema". */
struct json_object *output_begin(const struct invocation *invocation);

void output_add_text(struct json_object *object, const char *key, const char *value);
void output_add_number(struct json_object *object, const char *key, uint64_t value);
void output_add_signed(struct json_object *object, const char *key, int64_t value);
void output_add_real(struct json_object *object, const char *key, double value);
void output_add_flag(struct json_object *object, const char *key, bool value);
/* Takes `value` over. */
void output_add(struct json_object *object, const char *key, struct json_object *value);

struct json_object *output_add_object(struct json_object *object, const char *key);
struct json_object *output_add_array(struct json_object *object, const char *key);
/* A new object, or a text, at the end of an array. */
struct json_object *output_append_object(struct json_object *array);
void output_append_text(struct json_object *array, const char *value);

/* Prints and frees; -ENOMEM, -EIO with the failure told. */
int MUST_CHECK
output_print(struct invocation *invocation, struct json_object *document);
/* The same in one line, at once: for streams. */
int MUST_CHECK
output_print_line(struct invocation *invocation, struct json_object *document);

/* Frees a document that is not to be printed.  NULL is fine. */
void output_drop(struct json_object *document);

/* enso.error.1 on standard output, and the line on standard error. */
void output_failure(const struct invocation *invocation, enum exit_code code);
