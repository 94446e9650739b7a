/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/completion.c - the completion for bash; manual.h says what it is for. */
#include <string.h>

#include "dom0-tools/enso/commands.h"
#include "dom0-tools/enso/manual.h"

static const char head[] =
	"# SPDX-License-Identifier: MIT\n"
	"# bash completion for enso(8), written by `enso completion bash`.\n\n"
	"_enso()\n"
	"{\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command=${COMP_WORDS[1]} options= kinds= at=$((COMP_CWORD - 2))\n"
	"\tCOMPREPLY=()\n";

static const char tail[] =
	"\tif [[ $word == -* ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$options --json --help\" -- \"$word\"))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tkinds=($kinds)\n"
	"\t((at >= ${#kinds[@]})) && at=$((${#kinds[@]} - 1))\n"
	"\t((at >= 0)) || return\n"
	"\tcase ${kinds[at]} in\n"
	"\tGUEST) COMPREPLY=($(compgen -W \"$(enso list --names 2>/dev/null)\" -- \"$word\")) ;;\n"
	"\tFILE) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
	"\tSTATE) COMPREPLY=($(compgen -W \"present absent running paused shutoff crashed "
	"down\" -- \"$word\")) ;;\n"
	"\tEVENT) COMPREPLY=($(compgen -W \"nmi\" -- \"$word\")) ;;\n"
	"\tSHELL) COMPREPLY=($(compgen -W \"bash\" -- \"$word\")) ;;\n"
	"\tCOMMAND) COMPREPLY=($(compgen -W \"$commands\" -- \"$word\")) ;;\n"
	"\tesac\n"
	"}\n"
	"complete -o filenames -F _enso enso\n";

/* The first words of all commands, or the second ones of a family's, each once. */
static void print_names(FILE *out, const char *family)
{
	size_t length = family ? strlen(family) : 0;
	const char *last = "";
	size_t last_length = 0;

	for (const struct command *command = commands; command->name; command++) {
		size_t first = strcspn(command->name, " ");

		if (family) {
			if (first == length && command->name[first] &&
			    !strncmp(command->name, family, length))
				fprintf(out, " %s", command->name + first + 1);
		} else if (first != last_length || strncmp(command->name, last, first) != 0) {
			fprintf(out, " %.*s", (int)first, command->name);
			last = command->name;
			last_length = first;
		}
	}
}

/* The kinds of a command's words, without brackets, dots and what is not completed. */
static void print_kinds(FILE *out, const char *notation)
{
	for (; *notation; notation++)
		if (!strchr("[].", *notation))
			fputc(*notation, out);
}

static void print_row(FILE *out, const struct command *command)
{
	fprintf(out, "\t\"%s\") kinds=\"", command->name);
	print_kinds(out, command->arguments);
	fputs("\" options=\"", out);
	for (const struct option_row *row = command->options; row->name; row++)
		fprintf(out, "%s--%s", row == command->options ? "" : " ", row->name);
	fputs("\" ;;\n", out);
}

static void print_families(FILE *out)
{
	const char *last = "";
	size_t last_length = 0;

	for (const struct command *command = commands; command->name; command++) {
		size_t first = strcspn(command->name, " ");
		char family[32];

		if (!command->name[first] || first >= sizeof(family) ||
		    (first == last_length && !strncmp(command->name, last, first)))
			continue;
		last = command->name;
		last_length = first;
		memcpy(family, command->name, first);
		family[first] = 0;
		fprintf(out,
			"\tif [[ $command == %s ]]; then\n"
			"\t\tif ((COMP_CWORD == 2)); then\n"
			"\t\t\tCOMPREPLY=($(compgen -W \"",
			family);
		print_names(out, family);
		fputs("\" -- \"$word\"))\n\t\t\treturn\n\t\tfi\n"
		      "\t\tcommand+=\" ${COMP_WORDS[2]}\" at=$((at - 1))\n\tfi\n",
		      out);
	}
}

void completion_print_bash(FILE *out)
{
	fputs(head, out);
	fputs("\tlocal commands=\"", out);
	print_names(out, NULL);
	fputs("\"\n\tif ((COMP_CWORD == 1)); then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n\t\treturn\n\tfi\n",
	      out);
	print_families(out);
	fputs("\tcase $command in\n", out);
	for (const struct command *command = commands; command->name; command++)
		print_row(out, command);
	fputs("\tesac\n"
	      "\tif [[ $before == --to ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"xml xl json\" -- \"$word\"))\n\t\treturn\n\tfi\n",
	      out);
	fputs(tail, out);
}
