/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/handlers.h - what the commands do: one function for each row of
 * commands.def.  It returns 0, or a negative errno having told the failure in
 * invocation->failure; main.c prints that and finds the exit code.
 */
#pragma once

#include "dom0-tools/enso/invocation.h"

#define COMMAND(id, ...) int command_##id(struct invocation *invocation);
#include "dom0-tools/enso/commands.def"
#undef COMMAND
