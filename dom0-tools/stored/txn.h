/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/txn.h - transactions, and the one way to look at nodes with
 * or without one.
 *
 * A transaction remembers, of each node it touched, the generation it saw, and
 * of each it changed, how it is to be: an overlay over the tree, never a copy
 * of it.  To commit, every generation must still be the same; then its edits
 * are made in the order they came.  Reading a list of children and making a
 * child of the same node are different things here: two guests that are built
 * at once do not disturb each other.  Pure.
 */
#pragma once

#include "dom0-tools/stored/edit.h"

struct txn_entry;
struct txn_edit;

struct transaction {
	struct transaction *next; /* of the same connection */
	uint32_t id;
	bool doomed;		/* it was open when the daemon was restarted */
	uint64_t started;	/* tree generation                           */
	struct index entries;	/* by (parent entry, name)                   */
	struct txn_entry *root; /* head of the list of all, oldest first     */
	struct txn_entry *newest;
	struct txn_edit *first_edit, *last_edit;
	uint32_t nr_entries, nr_edits, created;
	bool removed;
	uint64_t bytes; /* of memory */
};

/* The tree, as seen in `transaction`, or as it is when that is NULL. */
struct view {
	struct tree *tree;
	struct transaction *transaction;
	uint32_t most_entries; /* that the transaction may grow to */
};

struct node_view {
	bool present;
	const struct perm_list *perms;
	uint64_t permission_generation;
	const char *value;
	uint32_t value_length;
	uint64_t generation;
	struct store_node *base; /* the tree's node, if it is not hidden */
	struct txn_entry *entry;
};

/* NULL: no memory. */
struct transaction *txn_start(const struct tree *tree, uint32_t id);
void txn_free(struct transaction *transaction);

/*
 * What `path` is; remembers that it was looked at.  0; -ENOMEM; -ENOSPC: the
 * transaction has touched too many nodes.  What `node` points to is good until
 * the next edit.
 */
int view_look(const struct view *view, const char *path, size_t length, struct node_view *node);

/* Calls `each` for the name of every child of what view_look() has found. */
int view_list(const struct view *view, struct node_view *node,
	      void (*each)(void *context, const char *name, size_t length), void *context);

/* Adds an edit to the transaction, copying it; view_look() has found its node.  0 or -ENOMEM. */
int txn_add(const struct view *view, const struct edit *edit);

/* 0, or -EAGAIN: somebody has changed what the transaction has seen. */
int txn_verify(const struct transaction *transaction, const struct tree *tree);

/* Its edits, oldest first. */
const struct edit *txn_first(const struct transaction *transaction);
const struct edit *txn_next(const struct edit *edit);
