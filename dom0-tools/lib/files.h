/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/files.h - files that must be whole or absent, locks that a dead
 * process lets go, and where the tools keep their own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

/* Gone with the host's next boot. */
#define FILES_RUN      "/run/enso"
#define FILES_GUESTS   FILES_RUN "/guests"   /* UUID.xml, by the builder */
#define FILES_CREATING FILES_RUN "/creating" /* UUID, locked by a builder */
/*
 * Guests that have ended by themselves, in order, by ensod before it does anything about it:
 * lines of domid, uuid and how (a SHUTDOWN_ number).  The older half goes when it is long.
 */
#define FILES_ENDS FILES_RUN "/ends"
/* Kept. */
#define FILES_KERNELS	 "/var/lib/enso/kernels"
#define FILES_GUEST_LOGS "/var/log/enso"

/* Makes a directory and those above it, for root only where it makes one. */
int MUST_CHECK
files_make_directory(const char *path, struct failure *failure);

/*
 * Makes (if needed) and locks a file; the lock goes with the descriptor, also
 * when the process dies.  Without `wait`, EBUSY when somebody else has it.
 */
int MUST_CHECK
files_lock(const char *path, bool wait, int *descriptor, struct failure *failure);

/* Removes the file and gives up its lock, in this order.  -1 is fine. */
void files_unlock_remove(const char *path, int descriptor);

/* Gives up the lock alone; the file stays.  -1 is fine. */
void files_release(int descriptor);

/* A file that appears under its name only when it is whole. */
struct files_draft {
	char path[512], temporary[560];
	int descriptor;
};

int MUST_CHECK
files_draft_begin(const char *path, struct files_draft *draft, struct failure *failure);
/* Puts it in its place; it is gone from memory's point of view either way. */
int MUST_CHECK
files_draft_commit(struct files_draft *draft, bool durable, struct failure *failure);
void files_draft_abort(struct files_draft *draft);

/* All of a small text; the same promise as a draft's. */
int MUST_CHECK
files_write_whole(const char *path, const void *bytes, size_t count, struct failure *failure);

/* The whole file, NUL-terminated, the caller's to free.  EFBIG above `most` bytes. */
int MUST_CHECK
files_read_whole(const char *path, size_t most, char **bytes, size_t *count,
		 struct failure *failure);

/* write(2) and pread(2), until all is done or -errno. */
int MUST_CHECK
files_write_all(int descriptor, const void *bytes, size_t count);
int MUST_CHECK
files_read_all_at(int descriptor, void *bytes, size_t count, uint64_t offset);
