/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/tree_links.h - how nodes hang together; for tree.c and
 * changes.c only.  Pure.
 */
#pragma once

#include <stdlib.h>

#include "dom0-tools/stored/tree.h"

/* What a node costs beside its name and value. */
#define NODE_BYTES sizeof(struct store_node)

static inline void node_free(struct store_node *node)
{
	perm_list_put(node->perms);
	free(node->value);
	free(node);
}

/* Puts the node into its parent's list before `before`; NULL: at the end. */
static inline void link_child(struct store_node *node, struct store_node *before)
{
	struct store_node *parent = node->parent;
	struct store_node *previous = before ? before->previous : parent->last;

	node->next = before;
	node->previous = previous;
	*(previous ? &previous->next : &parent->first) = node;
	*(before ? &before->previous : &parent->last) = node;
	parent->nr_children++;
	parent->children_bytes += node->name_length + 1u;
}

static inline void unlink_child(struct store_node *node)
{
	struct store_node *parent = node->parent;

	*(node->previous ? &node->previous->next : &parent->first) = node->next;
	*(node->next ? &node->next->previous : &parent->last) = node->previous;
	parent->nr_children--;
	parent->children_bytes -= node->name_length + 1u;
}

static inline void link_owned(struct account *owner, struct store_node *node)
{
	node->previous_owned = NULL;
	node->next_owned = owner->owned;
	if (owner->owned)
		owner->owned->previous_owned = node;
	owner->owned = node;
	owner->nodes++;
	owner->bytes += NODE_BYTES + node->name_length + node->value_length;
}

static inline void unlink_owned(struct account *owner, struct store_node *node)
{
	*(node->previous_owned ? &node->previous_owned->next_owned : &owner->owned) =
		node->next_owned;
	if (node->next_owned)
		node->next_owned->previous_owned = node->previous_owned;
	owner->nodes--;
	owner->bytes -= NODE_BYTES + node->name_length + node->value_length;
}
