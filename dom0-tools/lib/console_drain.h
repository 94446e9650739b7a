/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/console_drain.h - a domain's console ring goes with the domain: whoever is
 * about to destroy one asks the console daemon first to write what is in the ring to the
 * guest's log.  What is asked, and how long its answer is waited for; the daemon's side is
 * dom0-tools/consoled/askers.c.  docs/adr/last-words.md says why.
 */
#pragma once

#include <stdint.h>

#include "dom0-tools/lib/files.h"

/* Of packets; there from the daemon's first start since the host's boot, alive or not. */
#define CONSOLE_DRAIN_SOCKET FILES_RUN "/consoled.socket"

/* What a process waits in vain, in all, until it has been answered once more. */
#define CONSOLE_DRAIN_PATIENCE_MS 5000
/* When that is spent, a daemon that is there still gets so long for each question. */
#define CONSOLE_DRAIN_GRACE_MS 100

/* One packet.  The answer is one byte, of any value, when all of it is in the log. */
struct console_drain_question {
	uint8_t uuid[16];
	uint32_t domid;
};

struct console_drain_asker {
	const char *socket;
	uint64_t patience_ms; /* what is left of it */
};

/*
 * Returns 0 when what the guest wrote before the call is in its log, or when there has been no
 * daemon to keep one since the host's boot; else -ETIMEDOUT, after what patience is left or
 * CONSOLE_DRAIN_GRACE_MS.  One thread for each asker.
 */
int MUST_CHECK
console_drain_ask(struct console_drain_asker *asker, const struct console_drain_question *question);
