/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/main.c - the `enso` command: finds the row of the table, reads the
 * command line against it, runs the handler, tells the failure, exits with its code.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/help.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/xl.h"

typedef int (*handler_t)(struct invocation *invocation);

static const handler_t handlers[COMMAND_COUNT] = {
#define COMMAND(id, ...) [COMMAND_##id] = command_##id,
#include "dom0-tools/enso/commands.def"
#undef COMMAND
};

static int usage_without_command(int count, char *const words[])
{
	const struct command *nearest;

	if (count == 0) {
		help_print_list(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(words[0], "--help") || !strcmp(words[0], "-h")) {
		help_print_list(stdout);
		return EXIT_OK;
	}
	if (!strcmp(words[0], "--version") || !strcmp(words[0], "-V"))
		return enso_run(&commands[COMMAND_version], count - 1, words + 1, false);
	if (command_is_family(words[0])) {
		bool asked = count > 1 && (!strcmp(words[1], "--help") || !strcmp(words[1], "-h"));

		help_print_family(asked ? stdout : stderr, words[0]);
		return asked ? EXIT_OK : EXIT_USAGE;
	}
	nearest = command_nearest(words[0]);
	if (nearest)
		fprintf(stderr, "enso: %s: there is no such command; did you mean `enso %s`?\n",
			words[0], nearest->name);
	else
		fprintf(stderr, "enso: %s: there is no such command; `enso help` lists them\n",
			words[0]);
	return EXIT_USAGE;
}

static int run(struct invocation *invocation)
{
	const struct command *command = invocation->arguments.command;
	enum exit_code code;
	int result;

	result = handlers[command - commands](invocation);
	if (!result && (fflush(stdout) != 0 || ferror(stdout)))
		result = failure_set(&invocation->failure, EIO, "standard output", NULL,
				     "cannot write to it: %s", strerror(errno));
	code = invocation_exit_code(invocation, result);
	if (result)
		output_failure(invocation, code);
	return code;
}

int enso_run(const struct command *command, int count, char *const words[], bool like_xl)
{
	struct invocation invocation = {.like_xl = like_xl};
	char complaint[256];
	int code, result;

	result = arguments_parse(&invocation.arguments, command, count, words, complaint,
				 sizeof(complaint));
	invocation.json = arguments_has(&invocation.arguments, "json");
	if (arguments_has(&invocation.arguments, "help")) {
		help_print_command(stdout, command);
		code = EXIT_OK;
	} else if (result == -ENOMEM) {
		fprintf(stderr, "enso: %s: out of memory\n", command->name);
		code = EXIT_FAILED;
	} else if (result) {
		(void)invocation_misused(&invocation, "%s", complaint);
		output_failure(&invocation, EXIT_USAGE);
		code = EXIT_USAGE;
	} else {
		code = run(&invocation);
	}
	invocation_close(&invocation);
	return code;
}

int main(int argc, char *argv[])
{
	const char *called = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const struct command *command;
	int used;

	called = called ? called + 1 : argc > 0 ? argv[0] : "enso";
	/* A reader that went away (`enso list | head -1`) is an error to tell, not a death. */
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(called, "xl"))
		return xl_run(argc - 1, argv + 1);
	command = command_find(argc - 1, argv + 1, &used);
	if (!command)
		return usage_without_command(argc - 1, argv + 1);
	return enso_run(command, argc - 1 - used, argv + 1 + used, false);
}
