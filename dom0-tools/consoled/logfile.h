/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/logfile.h - a log that cannot fill a disk: when it is as
 * long as it may be it becomes NAME.1, what was NAME.1 becomes NAME.2, and so on;
 * the oldest goes.  A process killed in between loses no more than the oldest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xen-like/base/abi.h"

struct logfile_policy {
	const char *folder;
	uint64_t limit;		  /* bytes of one file  */
	unsigned int generations; /* beside the present one; 0..99 */
};

struct logfile {
	int descriptor; /* -1: none */
	uint64_t size;
	const struct logfile_policy *policy;
	char path[256];
};

/*
 * Opens folder/NAME.log to add to it.  A guest has its name from people, but
 * perhaps by way of other tools: letters, digits and -+._ are kept, the rest becomes '_'.
 * Returns 0 or a negative errno; then writes fail too, until one can open it.
 */
int MUST_CHECK
logfile_open(struct logfile *log, const struct logfile_policy *policy, const char *name);
void logfile_close(struct logfile *log);

/*
 * From now on the log is folder/NAME.log, with all that is in it, older files too.  A log
 * that is there under that name becomes its NAME.log.1 and so on, and the older files of this
 * one stay where they are.  0 or a negative errno: it goes on as it was, or (when only
 * the opening failed) is opened by the next write.
 */
int MUST_CHECK
logfile_rename(struct logfile *log, const char *name);

/* All of the bytes are in the file (in the kernel's hands), or a negative errno. */
int MUST_CHECK
logfile_write(struct logfile *log, const char *bytes, size_t count);
