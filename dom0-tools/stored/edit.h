/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/edit.h - one change to one node, decided but not yet made.
 * Requests are turned into edits; a transaction collects them; the journal
 * holds them; replaying them needs no permission and no quota.  Pure.
 */
#pragma once

#include "dom0-tools/stored/tree.h"

enum edit_kind {
	EDIT_CREATE = 1, /* path, perms, value; the parent exists */
	EDIT_VALUE,	 /* path, value                           */
	EDIT_PERMS,	 /* path, perms                           */
	EDIT_REMOVE,	 /* path and all below                    */
};

struct edit {
	enum edit_kind kind;
	bool implied; /* a parent made on the way: watchers hear of the child only */
	const char *path;
	uint32_t path_length;
	const void *value;
	uint32_t value_length;
	struct perm_list *perms;
};

/*
 * Makes the change.  Returns 0; -ENOMEM; -EAGAIN when the tree is not as the
 * edit supposes.  Refused edits have changed nothing.
 */
int edit_apply(struct tree *tree, struct changes *changes, const struct edit *edit);
