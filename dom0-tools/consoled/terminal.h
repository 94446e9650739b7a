/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/terminal.h - the pseudo-terminal at which people meet a
 * guest.  Neither side ever waits for the other.
 */
#pragma once

#include <stddef.h>

#include "xen-like/base/abi.h"

struct terminal {
	int master;
	int slave;     /* held open, so that the last one who leaves does not end it */
	char name[64]; /* what others open */
};

/* In raw mode: the guest does the editing.  0 or a negative errno. */
int MUST_CHECK
terminal_open(struct terminal *terminal);
void terminal_close(struct terminal *terminal);

/* As many of the bytes as it takes now, perhaps 0. */
size_t MUST_CHECK
terminal_write(struct terminal *terminal, const char *bytes, size_t count);

/* What was typed, at most `room`; 0 when nothing was. */
size_t MUST_CHECK
terminal_read(struct terminal *terminal, char *bytes, size_t room);
