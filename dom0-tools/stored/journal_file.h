/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/journal_file.h - the journal in its file.
 *
 * The file is mapped: a record is a copy into memory that the kernel keeps when
 * the daemon is killed, no system call.  Space is reserved in the file system
 * ahead of use.  When it has grown enough, a snapshot of the store replaces it
 * whole, by rename().
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
	uint64_t sequence;
	uint64_t rotations;
};

/* The whole file in memory of its own; NULL with *length = 0: there is none. */
char *journal_file_load(const char *path, size_t *length);
/* Writes a snapshot into a new file and goes on there.  0 or a negative errno. */
int journal_file_rotate(struct journal_file *journal, struct store *store);
/*
 * Appends store->record and empties it; rotates when it is time or the space
 * is used up.  A negative errno: what the record says is not durable.
 */
int journal_file_commit(struct journal_file *journal, struct store *store);
