/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/ensod/backends.h - Enso's own backends: one process for each device in
 * backend/enso-vbd and backend/enso-vif, started when its nodes appear, and again at
 * once when it dies while the device is online.  Those that an ensod before this one
 * has started are found by the locks they hold, and taken over.
 *
 * Like the supervisor it looks at what is, after each hint.  Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dom0-tools/lib/store.h"

struct backends;

/* NULL: out of memory or descriptors. */
struct backends *backends_new(void);
/* Frees what is known; the processes live on. */
void backends_free(struct backends *backends);

/* Watches the store's folders of devices. */
int MUST_CHECK
backends_watch(struct store *store, struct failure *failure);
/* The store told of a change at this path. */
void backends_hint(struct backends *backends, const char *path);

/* Readable when a process has ended; backends_look then sees to it. */
int backends_descriptor(const struct backends *backends);

/*
 * Starts, restarts, forgets.  When it wants to be called again without a hint,
 * *wake_ms (of state_now_ms) says when; 0: it does not.
 */
void backends_look(struct backends *backends, struct store *store, uint64_t now_ms,
		   uint64_t *wake_ms);
