/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/xl.h - the `xl` that scripts, Ganeti and Pacemaker call: its
 * options turned into enso's, its tables printed as it prints them.
 */
#pragma once

#include "dom0-tools/enso/commands.h"

/* `words` are those after "xl".  Returns the exit code: 0, 1, or 2 for usage. */
int xl_run(int count, char *const words[]);

/* Runs a command as main does; xl.c comes back through here. */
int enso_run(const struct command *command, int count, char *const words[], bool like_xl);
