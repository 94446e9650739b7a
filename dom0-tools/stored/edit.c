/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/edit.c - edit.h says what it is for. */
#include "dom0-tools/stored/edit.h"

#include <errno.h>
#include <string.h>

static int apply_create(struct tree *tree, struct changes *changes, const struct edit *edit)
{
	const char *slash = memrchr(edit->path, '/', edit->path_length);
	struct store_node *parent, *made;
	const char *name;
	size_t length;

	if (!slash || !edit->perms)
		return -EAGAIN;
	name = slash + 1;
	length = (size_t)(edit->path + edit->path_length - name);
	parent =
		tree_find(tree, edit->path, slash == edit->path ? 1 : (size_t)(slash - edit->path));
	if (!parent || !length || tree_child(tree, parent, name, length))
		return -EAGAIN;
	return tree_create(tree, changes, parent, name, length, edit->perms, edit->value,
			   edit->value_length, &made);
}

int edit_apply(struct tree *tree, struct changes *changes, const struct edit *edit)
{
	struct store_node *node;

	if (edit->kind == EDIT_CREATE)
		return apply_create(tree, changes, edit);
	node = tree_find(tree, edit->path, edit->path_length);
	if (!node)
		return -EAGAIN;
	if (edit->kind == EDIT_VALUE)
		return tree_set_value(tree, changes, node, edit->value, edit->value_length);
	if (edit->kind == EDIT_PERMS && edit->perms)
		return tree_set_perms(tree, changes, node, edit->perms);
	if (edit->kind == EDIT_REMOVE && node->parent && node->parent != tree->special)
		return tree_remove(tree, changes, node);
	return -EAGAIN;
}
