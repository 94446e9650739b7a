/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/help.h - what the table of commands looks like to people: the
 * list, one command's help, its usage line.  Pure but for writing to `out`.
 */
#pragma once

#include <stdio.h>

#include "dom0-tools/enso/commands.h"

/* "enso create FILE [-c] [-p]", without a newline. */
void help_print_usage(FILE *out, const struct command *command);

/* All about one command. */
void help_print_command(FILE *out, const struct command *command);

/* The list of all, by group. */
void help_print_list(FILE *out);

/* The commands of two words whose first is `family`. */
void help_print_family(FILE *out, const char *family);

/* `text` in lines of at most `width` columns behind `indent` spaces; an empty line divides. */
void help_print_wrapped(FILE *out, const char *text, int indent, int width);
