/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/replay.h - a store out of a journal, and a journal's first
 * part, the snapshot, out of a store.  Pure.
 */
#pragma once

#include "dom0-tools/stored/store.h"

struct replayed {
	uint64_t records;
	size_t good; /* bytes of the journal that hold; the rest was not taken */
};

/*
 * Fills a store that was just started.  0: it is as it was after the last whole
 * record.  -ENODATA: the bytes hold no state; the store is untouched.  -ENOMEM.
 * Rings have a connection each, without a link; their transactions are doomed.
 */
int store_replay(struct store *store, const char *bytes, size_t length, struct replayed *replayed);

/* Hands the whole state over in records, unsealed; stops when `write` returns an error. */
int store_snapshot(struct store *store, int (*write)(void *context, struct record *record),
		   void *context);
