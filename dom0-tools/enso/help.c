/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/help.c - help.h says what it is for. */
#include "dom0-tools/enso/help.h"

#include <string.h>

enum { HELP_WIDTH = 80, SUMMARY_COLUMN = 34 };

void help_print_wrapped(FILE *out, const char *text, int indent, int width)
{
	int column = 0, gap = indent;

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (column && column + 1 + length > width) {
			fputc('\n', out);
			column = 0;
			gap = indent;
		}
		if (length) {
			fprintf(out, "%*s%.*s", gap, "", length, text);
			column += gap + length;
			gap = 1;
		}
		text += length;
		if (text[0] == '\n' && text[1] == '\n') {
			fputs("\n\n", out);
			column = 0;
			gap = indent;
			text++;
		}
		text += *text != 0;
	}
	fputc('\n', out);
}

static void print_usage_options(FILE *out, const struct option_row *options)
{
	for (; options->name; options++) {
		fputs(" [", out);
		if (options->letter)
			fprintf(out, "-%c", options->letter);
		else
			fprintf(out, "--%s", options->name);
		if (options->value)
			fprintf(out, " %s", options->value);
		fputc(']', out);
	}
}

void help_print_usage(FILE *out, const struct command *command)
{
	fprintf(out, "enso %s", command->name);
	print_usage_options(out, command->options);
	fputs(" [--json]", out);
	if (*command->arguments)
		fprintf(out, " %s", command->arguments);
}

static void print_options(FILE *out, const struct option_row *options)
{
	for (; options->name; options++) {
		char left[64];

		snprintf(left, sizeof(left), "  %c%c%s--%s%s%s", options->letter ? '-' : ' ',
			 options->letter ? options->letter : ' ', options->letter ? ", " : "  ",
			 options->name, options->value ? " " : "",
			 options->value ? options->value : "");
		fprintf(out, "%-26s%s\n", left, options->help);
	}
}

static void print_exits(FILE *out, const struct command *command)
{
	char text[256];

	for (const struct exit_code_row *row = exit_codes; row->name; row++) {
		if (!row->always && !(command->exits & (1u << row->number)))
			continue;
		snprintf(text, sizeof(text), "%d  %s", row->number, row->meaning);
		help_print_wrapped(out, text, 2, HELP_WIDTH);
	}
}

void help_print_command(FILE *out, const struct command *command)
{
	char schema[64];

	fputs("usage: ", out);
	help_print_usage(out, command);
	fprintf(out, "\n\nenso %s - %s\n\n", command->name, command->summary);
	help_print_wrapped(out, command->text, 0, HELP_WIDTH);
	fputs("\noptions:\n", out);
	print_options(out, command->options);
	print_options(out, common_options);
	command_schema(command, schema, sizeof(schema));
	fprintf(out, "\nJSON, \"schema\": \"%s\":\n", schema);
	help_print_wrapped(out, command->json, 2, HELP_WIDTH);
	fputs("\nexit codes:\n", out);
	print_exits(out, command);
}

static void print_line(FILE *out, const struct command *command)
{
	int length = fprintf(out, "  %s%s%s", command->name, *command->arguments ? " " : "",
			     command->arguments);

	if (length >= SUMMARY_COLUMN) {
		fputc('\n', out);
		length = 0;
	}
	fprintf(out, "%*s%s\n", SUMMARY_COLUMN - length, "", command->summary);
}

void help_print_list(FILE *out)
{
	fputs("usage: enso COMMAND [OPTION...] [ARGUMENT...]\n"
	      "       enso help COMMAND\n",
	      out);
	for (int group = 0; group < GROUP_COUNT; group++) {
		fprintf(out, "\n%s\n", command_group_titles[group]);
		for (const struct command *command = commands; command->name; command++)
			if ((int)command->group == group)
				print_line(out, command);
	}
	fputs("\nGUEST is a name, an id or a uuid.  Every command takes --json and --help.\n", out);
}

void help_print_family(FILE *out, const char *family)
{
	size_t length = strlen(family);

	fprintf(out, "usage: enso %s COMMAND [OPTION...] [ARGUMENT...]\n\n", family);
	for (const struct command *command = commands; command->name; command++)
		if (!strncmp(command->name, family, length) && command->name[length] == ' ')
			print_line(out, command);
}
