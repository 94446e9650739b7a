/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/cache_index.h - by what a kernel's file is recognised
 * without reading it: where it is and when it was last changed.  Pure.
 *
 * The name carries all of it, so that looking a kernel up is opening a link of
 * that name: FILES_KERNELS/by-file/NAME -> ../SHA256.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cache_identity {
	uint64_t device, inode, bytes;
	int64_t changed_seconds, status_seconds; /* mtime, ctime */
	uint32_t changed_ns, status_ns;
};

#define CACHE_INDEX_NAME 160

/* Two identities have the same name only if they are the same. */
char *cache_index_name(char name[CACHE_INDEX_NAME], const struct cache_identity *identity);

/* Whether the name is that of the same file at another time: it is of no use any more. */
bool cache_index_is_stale(const char *name, const struct cache_identity *current);

/*
 * A file changed this recently may be changed again without a newer time; what
 * it is now must not be remembered.
 */
bool cache_index_is_settled(const struct cache_identity *identity, int64_t now_seconds);

/* "../" and 64 hexadecimal digits: what a link of the index must say. */
bool cache_index_link_is_valid(const char *link);
