/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/cache_index.c - cache_index.h says what it is for. */
#include "dom0-tools/builder/cache_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Longer than the granularity of any file system's times (FAT: 2 s). */
#define SETTLED_AFTER_SECONDS 3

char *cache_index_name(char name[CACHE_INDEX_NAME], const struct cache_identity *identity)
{
	snprintf(name, CACHE_INDEX_NAME,
		 "%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRId64 ".%" PRIu32 "-%" PRId64 ".%" PRIu32,
		 identity->device, identity->inode, identity->bytes, identity->changed_seconds,
		 identity->changed_ns, identity->status_seconds, identity->status_ns);
	return name;
}

bool cache_index_is_stale(const char *name, const struct cache_identity *current)
{
	char whole[CACHE_INDEX_NAME], place[48];
	int length = snprintf(place, sizeof(place), "%" PRIx64 "-%" PRIx64 "-", current->device,
			      current->inode);

	cache_index_name(whole, current);
	return !strncmp(name, place, length) && strcmp(name, whole);
}

bool cache_index_is_settled(const struct cache_identity *identity, int64_t now_seconds)
{
	/* Times in the future say that clocks were set: nothing is sure. */
	return identity->status_seconds <= now_seconds - SETTLED_AFTER_SECONDS &&
	       identity->changed_seconds <= now_seconds - SETTLED_AFTER_SECONDS;
}

bool cache_index_link_is_valid(const char *link)
{
	return !strncmp(link, "../", 3) && strlen(link) == 3 + 64 &&
	       strspn(link + 3, "0123456789abcdef") == 64;
}
