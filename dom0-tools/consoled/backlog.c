/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/backlog.c - see backlog.h.
 */
#include <string.h>

#include "dom0-tools/consoled/backlog.h"

void backlog_drop(struct backlog *backlog, size_t count)
{
	if (count >= backlog->count) {
		backlog->start = backlog->count = 0;
		return;
	}
	backlog->start = (backlog->start + count) % backlog->size;
	backlog->count -= count;
}

void backlog_add(struct backlog *backlog, const char *bytes, size_t count)
{
	size_t end, first;

	if (backlog->size == 0)
		return;
	if (count > backlog->size) {
		bytes += count - backlog->size;
		count = backlog->size;
	}
	if (count > backlog->size - backlog->count)
		backlog_drop(backlog, count - (backlog->size - backlog->count));
	end = (backlog->start + backlog->count) % backlog->size;
	first = backlog->size - end < count ? backlog->size - end : count;
	memcpy(backlog->bytes + end, bytes, first);
	memcpy(backlog->bytes, bytes + first, count - first);
	backlog->count += count;
}

size_t backlog_first(const struct backlog *backlog, const char **bytes)
{
	size_t straight = backlog->size - backlog->start;

	*bytes = backlog->bytes + backlog->start;
	return backlog->count < straight ? backlog->count : straight;
}
