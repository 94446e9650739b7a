/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/commands.c - commands.h says what it is for. */
#include "dom0-tools/enso/commands.h"

#include <stdio.h>
#include <string.h>

#define OPTION(letter, name, value, help)                                                          \
	{                                                                                          \
		letter, name, value, help                                                          \
	}
#define OPTIONS(...)                                                                               \
	(const struct option_row[])                                                                \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			0, NULL, NULL, NULL                                                        \
		}                                                                                  \
	}
#define NO_OPTIONS                                                                                 \
	(const struct option_row[])                                                                \
	{                                                                                          \
		{                                                                                  \
			0, NULL, NULL, NULL                                                        \
		}                                                                                  \
	}

const struct command commands[] = {
#define COMMAND(id, name, group, ...) [COMMAND_##id] = {name, GROUP_##group, __VA_ARGS__},
#include "dom0-tools/enso/commands.def"
#undef COMMAND
	[COMMAND_COUNT] = {0},
};

const struct exit_code_row exit_codes[] = {
#define EXIT_CODE(name, number, always, meaning) {number, always, #name, meaning},
#include "dom0-tools/enso/exit_codes.def"
#undef EXIT_CODE
	{0, false, NULL, NULL},
};

const struct option_row common_options[] = {
	{0, "json", NULL, "print a JSON document, \"schema\": \"enso.COMMAND.1\""},
	{'h', "help", NULL, "explain the command"},
	{0, NULL, NULL, NULL},
};

const char *const command_group_titles[GROUP_COUNT] = {
	[GROUP_LIFE] = "Guests come and go",
	[GROUP_LOOK] = "Looking",
	[GROUP_CONSOLE] = "Consoles",
	[GROUP_RESOURCES] = "Resources",
	[GROUP_DEVICES] = "Disks and networks",
	[GROUP_STORE] = "The store",
	[GROUP_EVENTS] = "Events",
	[GROUP_HOST] = "Host and this program",
};

const struct command *command_find(int count, char *const words[], int *used)
{
	for (const struct command *command = commands; command->name && count > 0; command++) {
		size_t first = strcspn(command->name, " ");
		const char *second = command->name[first] ? command->name + first + 1 : NULL;

		if (strlen(words[0]) != first || strncmp(command->name, words[0], first) != 0)
			continue;
		if (second && (count < 2 || strcmp(second, words[1]) != 0))
			continue;
		*used = second ? 2 : 1;
		return command;
	}
	return NULL;
}

bool command_is_family(const char *word)
{
	size_t length = strlen(word);

	for (const struct command *command = commands; command->name; command++)
		if (!strncmp(command->name, word, length) && command->name[length] == ' ')
			return true;
	return false;
}

static size_t smaller(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* How many letters must be put in, left out or changed; words beyond 31 letters are far. */
static size_t distance(const char *one, const char *other)
{
	size_t columns = strlen(other), row[32];

	if (columns > 31 || strlen(one) > 31)
		return 32;
	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 0; one[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 1; j <= columns; j++) {
			size_t above = row[j];

			row[j] = smaller(smaller(above, row[j - 1]) + 1,
					 diagonal + (one[i] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[columns];
}

/* Near: at most a third of the letters differ. */
static bool is_near(const char *word, size_t letters)
{
	return letters <= (strlen(word) + 2) / 3;
}

const struct command *command_nearest(const char *word)
{
	const struct command *nearest = NULL;
	size_t best = 32;

	for (const struct command *command = commands; command->name; command++) {
		size_t letters = distance(word, command->name);

		if (letters < best) {
			best = letters;
			nearest = command;
		}
	}
	return is_near(word, best) ? nearest : NULL;
}

static const struct option_row *nearest_in(const struct option_row *options, const char *name,
					   size_t *best)
{
	const struct option_row *nearest = NULL;

	for (; options->name; options++) {
		size_t letters = distance(name, options->name);

		if (letters < *best) {
			*best = letters;
			nearest = options;
		}
	}
	return nearest;
}

const struct option_row *command_option_nearest(const struct command *command, const char *name)
{
	size_t best = 32;
	const struct option_row *own = nearest_in(command->options, name, &best);
	const struct option_row *common = nearest_in(common_options, name, &best);

	return is_near(name, best) ? (common ? common : own) : NULL;
}

static const struct option_row *option_in(const struct option_row *options, const char *name,
					  size_t length, char letter)
{
	for (; options->name; options++) {
		if (name && strlen(options->name) == length &&
		    !strncmp(options->name, name, length))
			return options;
		if (letter && options->letter == letter)
			return options;
	}
	return NULL;
}

const struct option_row *command_option(const struct command *command, const char *name,
					size_t length, char letter)
{
	const struct option_row *own = option_in(command->options, name, length, letter);

	return own ? own : option_in(common_options, name, length, letter);
}

void command_schema(const struct command *command, char *text, size_t size)
{
	snprintf(text, size, "enso.%s.1", command->name);
	for (; *text; text++)
		if (*text == ' ')
			*text = '.';
}
