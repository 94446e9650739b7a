/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/console.h - attaching to a guest's console, for console and create. */
#pragma once

#include "dom0-tools/enso/guests.h"

/*
 * Attaches until Ctrl-], the end of input, or the guest's.  `unpause` lets the
 * guest run once we listen, so that its first line is seen; `follow` goes on with
 * the guest's successors.
 */
int MUST_CHECK
console_attach(struct invocation *invocation, struct guest *guest, bool unpause, bool follow);
