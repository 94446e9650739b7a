/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/output.c - output.h says what it is for. */
#include "dom0-tools/enso/output.h"

#include <errno.h>
#include <json-c/json.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <string.h>

/* One process prints one document at a time. */
static bool out_of_memory;

void output_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value)
		out_of_memory = true;
	if (!object || !value || json_object_object_add(object, key, value) < 0) {
		out_of_memory |= object != NULL;
		json_object_put(value);
	}
}

void output_add_text(struct json_object *object, const char *key, const char *value)
{
	if (!value && object && json_object_object_add(object, key, NULL) < 0)
		out_of_memory = true;
	if (value)
		output_add(object, key, json_object_new_string(value));
}

void output_add_number(struct json_object *object, const char *key, uint64_t value)
{
	output_add(object, key, json_object_new_uint64(value));
}

void output_add_signed(struct json_object *object, const char *key, int64_t value)
{
	output_add(object, key, json_object_new_int64(value));
}

void output_add_real(struct json_object *object, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2f", value);
	output_add(object, key, json_object_new_double_s(value, text));
}

void output_add_flag(struct json_object *object, const char *key, bool value)
{
	output_add(object, key, json_object_new_boolean(value));
}

struct json_object *output_add_object(struct json_object *object, const char *key)
{
	struct json_object *child = object ? json_object_new_object() : NULL;

	if (object)
		output_add(object, key, child);
	return child;
}

struct json_object *output_add_array(struct json_object *object, const char *key)
{
	struct json_object *child = object ? json_object_new_array() : NULL;

	if (object)
		output_add(object, key, child);
	return child;
}

static void append(struct json_object *array, struct json_object *value)
{
	if (!value || json_object_array_add(array, value) < 0) {
		out_of_memory = true;
		json_object_put(value);
	}
}

struct json_object *output_append_object(struct json_object *array)
{
	struct json_object *child = array ? json_object_new_object() : NULL;

	if (array)
		append(array, child);
	return child;
}

void output_append_text(struct json_object *array, const char *value)
{
	if (array)
		append(array, json_object_new_string(value));
}

struct json_object *output_begin(const struct invocation *invocation)
{
	struct json_object *document = json_object_new_object();
	char schema[64];

	out_of_memory = !document;
	command_schema(invocation->arguments.command, schema, sizeof(schema));
	output_add_text(document, "schema", schema);
	return document;
}

static int print(struct invocation *invocation, struct json_object *document, int layout)
{
	const char *text = NULL;
	int result = 0;

	if (!out_of_memory)
		text = json_object_to_json_string_ext(document,
						      layout | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL,
				     "out of memory for the JSON document");
	else if (puts(text) < 0 || fflush(stdout) != 0)
		result = failure_set(&invocation->failure, EIO, "standard output", NULL,
				     "cannot write to it: %s", strerror(errno));
	json_object_put(document);
	return result;
}

int output_print(struct invocation *invocation, struct json_object *document)
{
	return print(invocation, document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

int output_print_line(struct invocation *invocation, struct json_object *document)
{
	return print(invocation, document, JSON_C_TO_STRING_PLAIN);
}

void output_drop(struct json_object *document)
{
	json_object_put(document);
}

/* libvirt's number for what happened, for callers who know those. */
static int libvirt_code(enum exit_code code)
{
	switch (code) {
	case EXIT_NO_GUEST:
		return VIR_ERR_NO_DOMAIN;
	case EXIT_USAGE:
		return VIR_ERR_INVALID_ARG;
	case EXIT_CONFLICT:
		return VIR_ERR_OPERATION_INVALID;
	case EXIT_PERMISSION:
		return VIR_ERR_OPERATION_DENIED;
	case EXIT_TIMEOUT:
		return VIR_ERR_OPERATION_TIMEOUT;
	case EXIT_REFUSED:
		return VIR_ERR_CONFIG_UNSUPPORTED;
	case EXIT_RESOURCES:
		return VIR_ERR_NO_MEMORY;
	case EXIT_UNAVAILABLE:
		return VIR_ERR_NO_CONNECT;
	default:
		return VIR_ERR_OPERATION_FAILED;
	}
}

static void print_failure_document(const struct failure *failure, enum exit_code code)
{
	struct json_object *document = json_object_new_object();
	struct json_object *error;

	output_add_text(document, "schema", "enso.error.1");
	error = output_add_object(document, "error");
	output_add_text(error, "object", failure->object);
	output_add_text(error, "cause", failure->cause);
	output_add_text(error, "remedy", failure->remedy);
	output_add_number(error, "exit_code", code);
	output_add_number(error, "errno", (uint64_t)failure->error);
	output_add_number(error, "libvirt_code", (uint64_t)libvirt_code(code));
	puts(json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
}

void output_failure(const struct invocation *invocation, enum exit_code code)
{
	const struct failure *failure = &invocation->failure;

	fflush(stdout);
	if (failure->error)
		fprintf(stderr, "enso: %s: %s%s%s\n", failure->object, failure->cause,
			failure->remedy[0] ? "; " : "", failure->remedy);
	else
		fprintf(stderr, "enso: %s: failed without a word, which is a mistake of enso's\n",
			invocation->arguments.command->name);
	if (invocation->json)
		print_failure_document(failure, code);
}
