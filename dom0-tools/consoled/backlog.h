/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/consoled/backlog.h - the last bytes of a guest that no terminal has
 * taken yet.  Pure.  When it is full the oldest go: the log has them all.
 */
#pragma once

#include <stddef.h>

struct backlog {
	char *bytes; /* the caller's, `size` long */
	size_t size, start, count;
};

void backlog_add(struct backlog *backlog, const char *bytes, size_t count);

/* The longest piece that stands in a row, oldest first; its length, 0 when empty. */
size_t backlog_first(const struct backlog *backlog, const char **bytes);

/* Forgets the oldest `count`, at most what backlog_first() told. */
void backlog_drop(struct backlog *backlog, size_t count);
