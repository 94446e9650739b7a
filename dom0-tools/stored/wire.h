/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/wire.h - the store protocol's bytes: strings, paths,
 * permissions, error names.  Everything here reads what a client has sent and
 * trusts none of it.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "dom0-tools/stored/tree.h"

#define WIRE_PERMS_MAX 1024 /* entries of a list; 4096 bytes hold no more */

/* A part of a message or of some other memory; not NUL-terminated. */
struct text {
	const char *bytes;
	size_t length;
};

/* A path as the store knows it, and how its asker put it. */
struct wire_path {
	char text[XENSTORE_ABS_PATH_MAX + 1]; /* absolute, NUL-terminated                 */
	size_t length;
	size_t relative; /* bytes to leave out when the asker is told of it; 0: it was absolute */
};

/*
 * Takes the payload's leading NUL-terminated strings apart, at most `most`.
 * Returns how many there are; *rest is what follows them.
 */
size_t wire_strings(const char *payload, size_t length, struct text *strings, size_t most,
		    struct text *rest);
/* Whether all of the payload is exactly `count` strings. */
bool wire_exactly(const char *payload, size_t length, struct text *strings, size_t count);

/*
 * The absolute path of what domain `domid` means by `text`.  Returns 0 or
 * -EINVAL.  `most` bounds the path as given; names beginning with '@' pass when
 * `special` says so.
 */
int wire_path_read(struct wire_path *path, struct text text, uint16_t domid, size_t most,
		   bool special);
/* Length of the parent's path; the root is its own parent. */
size_t wire_parent(const char *path, size_t length);

/* A decimal number of at most `most`, all of the text; -EINVAL else. */
int wire_number(struct text text, uint64_t most, uint64_t *number);

/* `strings` as "r5\0n0\0"; returns the number of entries or -EINVAL. */
int wire_perms_read(struct text strings, struct store_perm *entries);
/* Writes the list the same way; returns its bytes or -E2BIG. */
int wire_perms_write(const struct perm_list *perms, char *bytes, size_t room);

/* The protocol's name of a positive errno; "EINVAL" for those it has none for. */
const char *wire_error_name(int error);
