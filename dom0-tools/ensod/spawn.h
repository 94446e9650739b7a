/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/spawn.h - a program of ensod's, begun as if nobody had been there before. */
#pragma once

#include <sys/types.h>

#include "xen-like/base/abi.h"

/* Starts it in a session of its own, its input empty; 0 or a positive errno. */
int MUST_CHECK
spawn_program(const char *program, char *const words[], pid_t *pid);
