/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/failure.h - why something could not be done, told once, where
 * it is known, in words for the person at the terminal: which object, the
 * cause, the remedy.  Functions that can fail take one and return a negative
 * errno; the caller passes it up unchanged and only the command line prints it.
 */
#pragma once

#include <stdarg.h>

struct failure {
	int error;	  /* positive errno; 0: nothing failed   */
	char object[128]; /* "guest web1", "/etc/enso/web1.xml:12:5" */
	char cause[384];  /* "memory is 8 MiB, at least 16 are needed" */
	char remedy[256]; /* "raise <memory>"; may be empty       */
};

/*
 * Notes a failure and returns -error, so that a function can end with
 * `return failure_set(failure, ENOENT, "guest web1", "start it with ...",
 * "there is no such guest")`.  The first failure noted stays: it is the cause.
 * `failure` may be NULL.  `remedy` may be NULL.
 */
int failure_set(struct failure *failure, int error, const char *object, const char *remedy,
		const char *cause_format, ...) __attribute__((format(printf, 5, 6)));
