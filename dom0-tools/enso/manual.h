/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/manual.h - the manual page enso(8) and the completion for bash,
 * both written from the table of commands.  Pure but for writing to `out`.
 */
#pragma once

#include <stdio.h>

/* docs/man/enso.8 is exactly this. */
void manual_print(FILE *out);

/* What `make install` puts into bash-completion's folder is exactly this. */
void completion_print_bash(FILE *out);
