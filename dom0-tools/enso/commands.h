/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/commands.h - the table of commands as data: what they are
 * called, take and answer with.  What they do is in handlers.h, so that help,
 * the manual page and their tests need nothing of a hypervisor.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
#define EXIT_CODE(name, number, always, meaning) EXIT_##name = number,
#include "dom0-tools/enso/exit_codes.def"
#undef EXIT_CODE
};

#define EXIT_BIT(name) (1u << EXIT_##name)

struct exit_code_row {
	enum exit_code number;
	bool always; /* any command may end so */
	const char *name, *meaning;
};

/* By number, ends with a NULL name. */
extern const struct exit_code_row exit_codes[];

/* What kind of thing a command is about; the order of the list in help. */
enum command_group {
	GROUP_LIFE,
	GROUP_LOOK,
	GROUP_CONSOLE,
	GROUP_RESOURCES,
	GROUP_DEVICES,
	GROUP_STORE,
	GROUP_EVENTS,
	GROUP_HOST,
	GROUP_COUNT,
};

extern const char *const command_group_titles[GROUP_COUNT];

struct option_row {
	char letter;	   /* 0: only the long name     */
	const char *name;  /* NULL ends the list        */
	const char *value; /* placeholder; NULL: a flag */
	const char *help;
};

struct command {
	const char *name; /* one word, or two with a space between; NULL ends the table */
	enum command_group group;
	const char *arguments;
	const struct option_row *options;
	unsigned int exits; /* EXIT_BIT()s beside those of every command */
	const char *summary, *text, *json;
};

enum command_id {
#define COMMAND(id, ...) COMMAND_##id,
#include "dom0-tools/enso/commands.def"
#undef COMMAND
	COMMAND_COUNT,
};

/* By enum command_id, ends with a NULL name. */
extern const struct command commands[];

/* --json and --help, which every command takes; ends with a NULL name. */
extern const struct option_row common_options[];

/*
 * The command named by the first of `words`, or by the first two.  Sets *used to
 * how many words that were.  NULL: there is none.
 */
const struct command *command_find(int count, char *const words[], int *used);

/* Whether `word` is the first word of commands that have two. */
bool command_is_family(const char *word);

/* The command nearest to a misspelt one, NULL when none is near. */
const struct command *command_nearest(const char *word);

/* The most likely meant of an option, by name, of the command's; NULL when none is near. */
const struct option_row *command_option_nearest(const struct command *command, const char *name);

/* Row of an option by long name or letter (the other is NULL or 0), common ones included. */
const struct option_row *command_option(const struct command *command, const char *name,
					size_t length, char letter);

/* "enso.store.ls.1", no two the same: what a command's JSON document calls itself. */
void command_schema(const struct command *command, char *text, size_t size);
