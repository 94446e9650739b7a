/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/host.c - the commands about the host and this program: dmesg, version. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/help.h"
#include "dom0-tools/enso/manual.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/host.h"

#define LOG_CHUNK (16u << 10)
#define LOG_MOST  (64u << 20)

struct log_text {
	char *bytes;
	size_t count, room;
};

static bool log_room(struct log_text *log)
{
	size_t room = log->room ? log->room * 2 : 4 * LOG_CHUNK;
	char *bytes;

	if (log->room - log->count > LOG_CHUNK)
		return true;
	bytes = room <= LOG_MOST ? realloc(log->bytes, room) : NULL;
	if (!bytes)
		return false;
	log->bytes = bytes;
	log->room = room;
	return true;
}

static int read_log(struct invocation *invocation, struct log_text *log)
{
	bool clear = arguments_has(&invocation->arguments, "clear");
	struct host_log_position position = {0};
	int result = invocation_need_hypervisor(invocation);

	while (!result) {
		if (!log_room(log))
			return failure_set(&invocation->failure, ENOMEM, "enso", NULL,
					   "out of memory for the log");
		result = host_read_log(invocation->hypervisor, &position, clear,
				       log->bytes + log->count, LOG_CHUNK, &invocation->failure);
		if (result <= 0)
			return result;
		log->count += (size_t)result;
		result = 0;
	}
	return result;
}

static int print_log_lines(struct invocation *invocation, struct log_text *log)
{
	struct json_object *document = output_begin(invocation);
	struct json_object *array = output_add_array(document, "lines");
	char *rest = log->bytes, *line;

	log->bytes[log->count] = 0;
	while ((line = strsep(&rest, "\n")))
		if (*line || rest)
			output_append_text(array, line);
	return output_print(invocation, document);
}

int command_dmesg(struct invocation *invocation)
{
	struct log_text log = {0};
	int result = read_log(invocation, &log);

	if (!result && invocation->json)
		result = print_log_lines(invocation, &log);
	else if (!result)
		fwrite(log.bytes, 1, log.count, stdout);
	free(log.bytes);
	return result;
}

int command_version(struct invocation *invocation)
{
	struct host_version version;
	struct json_object *document, *object;
	bool known = !invocation_need_hypervisor(invocation) &&
		     !host_get_version(invocation->hypervisor, &version, &invocation->failure);

	invocation_forgive(invocation);
	if (!invocation->json) {
		puts("enso " ENSO_VERSION);
		if (known)
			printf("hypervisor %s %u.%u%s\n", host_is_enso(&version) ? "Enso" : "Xen",
			       version.major, version.minor, version.extra);
		else
			puts("no hypervisor here");
		return 0;
	}
	document = output_begin(invocation);
	output_add_text(document, "tools", ENSO_VERSION);
	if (!known) {
		output_add_text(document, "hypervisor", NULL);
		return output_print(invocation, document);
	}
	object = output_add_object(document, "hypervisor");
	output_add_number(object, "major", version.major);
	output_add_number(object, "minor", version.minor);
	output_add_text(object, "extra", version.extra);
	output_add_text(object, "name", host_is_enso(&version) ? "Enso" : "Xen");
	return output_print(invocation, document);
}

int command_completion(struct invocation *invocation)
{
	const char *shell = invocation->arguments.words[0];

	if (strcmp(shell, "bash") != 0)
		return invocation_misused(invocation, "only bash is known, not '%s'", shell);
	completion_print_bash(stdout);
	return 0;
}

static void describe_options(struct json_object *array, const struct option_row *options)
{
	for (; options->name; options++) {
		struct json_object *object = output_append_object(array);
		char letter[2] = {options->letter, 0};

		output_add_text(object, "name", options->name);
		output_add_text(object, "letter", options->letter ? letter : NULL);
		output_add_text(object, "value", options->value);
		output_add_text(object, "help", options->help);
	}
}

static void describe_command(struct json_object *array, const struct command *command)
{
	struct json_object *object = output_append_object(array), *codes;
	char schema[64];

	command_schema(command, schema, sizeof(schema));
	output_add_text(object, "name", command->name);
	output_add_text(object, "arguments", command->arguments);
	output_add_text(object, "summary", command->summary);
	output_add_text(object, "schema", schema);
	describe_options(output_add_array(object, "options"), command->options);
	codes = output_add_object(object, "exit_codes");
	for (const struct exit_code_row *row = exit_codes; row->name; row++) {
		char number[12];

		snprintf(number, sizeof(number), "%d", row->number);
		if (row->always || (command->exits & (1u << row->number)))
			output_add_text(codes, number, row->meaning);
	}
}

static int help_as_json(struct invocation *invocation, const struct command *only)
{
	struct json_object *document = output_begin(invocation);
	struct json_object *array = output_add_array(document, "commands");

	for (const struct command *command = commands; command->name; command++)
		if (!only || only == command)
			describe_command(array, command);
	return output_print(invocation, document);
}

int command_help(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	const struct command *command = NULL;
	int used = 0;

	if (arguments_has(arguments, "man")) {
		manual_print(stdout);
		return 0;
	}
	if (arguments->count > 0) {
		command = command_find(arguments->count, (char *const *)arguments->words, &used);
		if (!command && command_is_family(arguments->words[0])) {
			help_print_family(stdout, arguments->words[0]);
			return 0;
		}
		if (!command)
			return invocation_misused(invocation, "there is no command '%s'",
						  arguments->words[0]);
	}
	if (invocation->json)
		return help_as_json(invocation, command);
	if (command)
		help_print_command(stdout, command);
	else
		help_print_list(stdout);
	return 0;
}
