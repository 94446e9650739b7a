/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/store_bytes.h - values and permissions of the store as people
 * read and type them.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dom0-tools/lib/store.h"

/* Bytes that are not printable, and backslashes, become \xHH; the caller frees.  NULL: no memory.
 */
char *store_bytes_show(const char *bytes, size_t count);

/* The other way; `text` is changed in place.  False for a backslash that begins no \xHH. */
bool store_bytes_read(char *text, size_t *count);

/* "r3": 3 may read. */
void store_permission_show(const struct store_permission *permission, char text[16]);
bool store_permission_read(const char *text, struct store_permission *permission);
