/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/journal_file.h - the journal in its file.
 *
 * The file is mapped: a record is a copy into memory that the kernel keeps when
 * the daemon is killed, no system call.  Space is reserved in the file system
 * ahead of use.  When it has grown enough, a snapshot of the store replaces it
 * whole, by rename().
 *
 * Memory may run out in the file system.  For that, the next file is there
 * beforehand, with room for the largest snapshot there can be, and nothing that
 * makes the store grow is begun unless both files have room for it: so what has
 * been done can always be written, and only what would be new is refused.
 */
#pragma once

#include "dom0-tools/stored/replay.h"

struct journal_file {
	char path[256];
	int file; /* -1: there is none */
	char *map;
	size_t mapped;	 /* address space                      */
	size_t reserved; /* bytes the file system has given    */
	size_t length;	 /* bytes used                         */
	size_t snapshot; /* of them the snapshot at its start  */
	int spare;	 /* the next file's room; -1: none */
	size_t spare_reserved;
	uint64_t sequence; /* of the last record */
	uint64_t rotations;
};

/* The whole file in memory of its own; NULL with *length = 0: there is none. */
char *journal_file_load(const char *path, size_t *length);
/* Writes a snapshot into a new file and goes on there.  0 or a negative errno. */
int journal_file_rotate(struct journal_file *journal, struct store *store);
/* Whether the store may grow a little: 0, or why the files have no room for that. */
int journal_file_room(struct journal_file *journal);
/*
 * Appends store->record and empties it; rotates when it is time or the space
 * is used up.  A negative errno: what the record says is not durable, and the
 * record is kept for another try.
 */
int journal_file_commit(struct journal_file *journal, struct store *store);
