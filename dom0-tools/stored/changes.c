/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/changes.c - changes made final, or taken back in reverse.  See tree.h. */
#include "dom0-tools/stored/tree_links.h"

/* Frees a subtree that nobody can find any more.  Its top is not in the index. */
static void free_removed(struct tree *tree, struct store_node *top)
{
	struct store_node *node = top;

	for (;;) {
		struct store_node *parent = node->parent;

		while (node->first)
			node = node->first;
		if (node == top)
			break;
		parent = node->parent;
		index_remove(&tree->nodes, &node->entry);
		unlink_child(node);
		node_free(node);
		node = parent;
	}
	node_free(top);
}

void tree_commit(struct tree *tree, struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		struct change *change = &changes->list[i];

		free(change->value);
		perm_list_put(change->perms);
	}
	/* Later: what was changed first and removed afterwards is named by both. */
	for (size_t i = 0; i < changes->count; i++) {
		if (changes->list[i].kind == CHANGE_REMOVE)
			free_removed(tree, changes->list[i].node);
	}
	free(changes->list);
	*changes = (struct changes){0};
}

static void undo_create(struct tree *tree, struct store_node *node)
{
	index_remove(&tree->nodes, &node->entry);
	unlink_owned(account_find(tree->accounts, node_owner(node)), node);
	unlink_child(node);
	node_free(node);
}

static void undo_value(struct tree *tree, const struct change *change)
{
	struct account *owner = account_find(tree->accounts, node_owner(change->node));

	owner->bytes += (uint64_t)change->value_length - change->node->value_length;
	free(change->node->value);
	change->node->value = change->value;
	change->node->value_length = change->value_length;
}

static void undo_perms(struct tree *tree, const struct change *change)
{
	struct store_node *node = change->node;

	unlink_owned(account_find(tree->accounts, node_owner(node)), node);
	perm_list_put(node->perms);
	node->perms = change->perms;
	link_owned(account_find(tree->accounts, node_owner(node)), node);
}

static void undo_remove(struct tree *tree, const struct change *change)
{
	struct store_node *top = change->node;

	/* Not a refusal: buckets are never given back, so there are some. */
	(void)index_add(&tree->nodes, &top->entry, top->entry.hash);
	link_child(top, change->before);
	for (struct store_node *each = top; each; each = tree_next(top, each))
		link_owned(account_find(tree->accounts, node_owner(each)), each);
}

void tree_roll_back(struct tree *tree, struct changes *changes)
{
	while (changes->count) {
		struct change *change = &changes->list[--changes->count];
		struct store_node *node = change->node;

		if (node->parent)
			node->parent->children_generation = change->children_generation;
		if (change->kind == CHANGE_CREATE) {
			undo_create(tree, node);
			continue;
		}
		if (change->kind == CHANGE_VALUE)
			undo_value(tree, change);
		else if (change->kind == CHANGE_PERMS)
			undo_perms(tree, change);
		else
			undo_remove(tree, change);
		node->generation = change->generation;
		node->permission_generation = change->permission_generation;
	}
	free(changes->list);
	*changes = (struct changes){0};
}
