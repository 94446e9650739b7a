/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/manual.c - manual.h says what it is for; completion.c has the other half. */
#include "dom0-tools/enso/manual.h"

#include <ctype.h>
#include <string.h>

#include "dom0-tools/enso/commands.h"

/* Text as troff shall see it: no command at a line's start, hyphens and quotes as typed. */
static void print_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (text[0] == '\n' && text[1] == '\n') {
			fputs("\n.PP\n", out);
			text++;
			continue;
		}
		/* A line a sentence, as manual pages are written. */
		if (text[0] == '.' && text[1] == ' ' && text[2] == ' ') {
			fputs(".\n", out);
			text += 2;
			continue;
		}
		switch (*text) {
		case '-':
			fputs("\\-", out);
			break;
		case '\\':
			fputs("\\e", out);
			break;
		case '\'':
			fputs("\\(aq", out);
			break;
		case '^':
			fputs("\\(ha", out);
			break;
		case '`':
			break;
		default:
			fputc(*text, out);
		}
	}
}

static void print_line(FILE *out, const char *text)
{
	print_text(out, text);
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option_row *row)
{
	fputs(".TP\n.B ", out);
	if (row->letter)
		fprintf(out, "\\-%c\\fR, \\fB", row->letter);
	fputs("\\-\\-", out);
	print_text(out, row->name);
	if (row->value)
		fprintf(out, " \\fI%s\\fR", row->value);
	fputc('\n', out);
	print_text(out, row->help);
	fputs(".\n", out);
}

static void print_options(FILE *out, const struct option_row *options)
{
	for (; options->name; options++)
		print_option(out, options);
}

static void print_exits(FILE *out, const struct command *command)
{
	const char *before = "Exit codes beside those of every command: ";

	for (const struct exit_code_row *row = exit_codes; row->name; row++) {
		if (!(command->exits & (1u << row->number)))
			continue;
		fprintf(out, "%s%d", before, row->number);
		before = ", ";
	}
	if (*before == ',')
		fputs(".\n", out);
}

static void print_command(FILE *out, const struct command *command)
{
	fputs(".SS enso ", out);
	print_text(out, command->name);
	fprintf(out, "%s%s\n", *command->arguments ? " " : "", command->arguments);
	fputc(toupper((unsigned char)command->summary[0]), out);
	print_text(out, command->summary + 1);
	fputs(".\n.PP\n", out);
	print_line(out, command->text);
	if (command->options->name) {
		fputs(".RS\n", out);
		print_options(out, command->options);
		fputs(".RE\n", out);
	}
	fputs(".PP\nJSON: ", out);
	print_text(out, command->json);
	fputs(".\n", out);
	print_exits(out, command);
}

static const char head[] =
	".\\\" SPDX-License-Identifier: MIT\n"
	".\\\" Written by `enso help --man` from dom0-tools/enso/commands.def.\n"
	".TH ENSO 8 \"\" \"Enso\" \"Enso\"\n"
	".SH NAME\n"
	"enso \\- create, run and look at guests of the Enso hypervisor\n"
	".SH SYNOPSIS\n"
	".B enso\n"
	".I COMMAND\n"
	".RI [ OPTION ...]\n"
	".RI [ ARGUMENT ...]\n"
	".br\n"
	".B xl\n"
	".I COMMAND\n"
	".RI [ OPTION ...]\n"
	".RI [ ARGUMENT ...]\n"
	".SH DESCRIPTION\n"
	".I GUEST\n"
	"is a guest's name, id or uuid.\n"
	"Options may stand anywhere after the command; \\-\\- ends them.\n"
	".PP\n"
	"A failure is one line on standard error: enso: OBJECT: CAUSE; REMEDY.\n"
	"With \\-\\-json the same is on standard output too, as a document of the schema\n"
	"enso.error.1: error: {object, cause, remedy, exit_code, errno}.\n"
	".PP\n"
	"Every JSON document names its schema, enso.COMMAND.1, with a dot for the space in\n"
	"commands of two words.  Fields may be added to a schema; if one goes or changes its\n"
	"meaning the number grows.  Sizes are KiB and times nanoseconds where the name says so;\n"
	"states, reasons and their codes are those of libvirt's headers.\n"
	".PP\n"
	"Called as\n"
	".BR xl ,\n"
	"the program understands that tool's options and prints its tables, for the commands\n"
	"in daily use.\n";

static const char tail[] =
	".SH FILES\n"
	".TP\n.I /etc/enso/\nConfigurations; those in autostart/ are started with the host by "
	"ensod(8).\n"
	".TP\n.I /run/enso/guests/UUID.xml\nWhat each guest was created from.\n"
	".TP\n.I /var/log/enso/GUEST.log\nWhat a guest wrote to its console.\n"
	".TP\n.I /var/lib/enso/kernels/\nUnpacked kernels, by the SHA-256 of the packed file; may "
	"be deleted.\n"
	".SH SEE ALSO\n"
	".BR ensod (8),\n"
	".BR enso-boot-options (7)\n";

void manual_print(FILE *out)
{
	fputs(head, out);
	fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
	print_options(out, common_options);
	for (int group = 0; group < GROUP_COUNT; group++) {
		fputs(".SH ", out);
		for (const char *letter = command_group_titles[group]; *letter; letter++)
			fputc(toupper((unsigned char)*letter), out);
		fputc('\n', out);
		for (const struct command *command = commands; command->name; command++)
			if ((int)command->group == group)
				print_command(out, command);
	}
	fputs(".SH EXIT CODES\nCodes marked * may come from any command.\n", out);
	for (const struct exit_code_row *row = exit_codes; row->name; row++) {
		fprintf(out, ".TP\n.B %d%s\n", row->number, row->always ? " *" : "");
		print_line(out, row->meaning);
	}
	fputs(tail, out);
}
