/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/txn.c - txn.h says what it is for. */
#include "dom0-tools/stored/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the transaction knows of one node.  Parents come before children. */
struct txn_entry {
	struct index_entry entry;
	struct txn_entry *parent, *first, *next_sibling;
	struct txn_entry *next; /* in the order they were made */
	bool looked, listed;
	uint64_t seen, seen_children; /* generations then; 0: it was absent */

	bool own;     /* present, perms and value below hold, not the tree's */
	bool present; /* in the transaction's eyes                           */
	bool hides;   /* was removed: the tree's nodes below are not seen    */
	struct perm_list *perms;
	uint64_t permission_generation;
	struct txn_edit *value_edit; /* holds the value and may still be changed */
	const char *value;
	uint32_t value_length;

	struct store_node *base; /* scratch of txn_verify() */
	uint32_t name_length;
	char name[];
};

struct txn_edit {
	struct edit edit; /* first: txn_next() */
	struct txn_edit *next;
	char *value;
	char path[];
};

static uint64_t entry_hash(const struct txn_entry *parent, const char *name, size_t length)
{
	return hash_end(hash_bytes(hash_start() ^ (uintptr_t)parent, name, length));
}

static struct txn_entry *entry_find(const struct transaction *transaction,
				    const struct txn_entry *parent, const char *name, size_t length)
{
	struct index_entry *at =
		index_first(&transaction->entries, entry_hash(parent, name, length));

	for (; at; at = index_next(at)) {
		struct txn_entry *entry = index_thing(at, struct txn_entry, entry);

		if (entry->parent == parent && entry->name_length == length &&
		    memcmp(entry->name, name, length) == 0)
			return entry;
	}
	return NULL;
}

static struct txn_entry *entry_make(struct transaction *transaction, struct txn_entry *parent,
				    const char *name, size_t length)
{
	struct txn_entry *entry = calloc(1, sizeof(*entry) + length + 1);

	if (!entry)
		return NULL;
	if (index_add(&transaction->entries, &entry->entry, entry_hash(parent, name, length))) {
		free(entry);
		return NULL;
	}
	memcpy(entry->name, name, length);
	entry->name_length = (uint32_t)length;
	entry->parent = parent;
	if (parent) {
		entry->next_sibling = parent->first;
		parent->first = entry;
	}
	*(transaction->newest ? &transaction->newest->next : &transaction->root) = entry;
	transaction->newest = entry;
	transaction->nr_entries++;
	transaction->bytes += sizeof(*entry) + length;
	return entry;
}

struct transaction *txn_start(const struct tree *tree, uint32_t id)
{
	struct transaction *transaction = calloc(1, sizeof(*transaction));

	if (!transaction)
		return NULL;
	transaction->id = id;
	transaction->started = tree->generation;
	if (!entry_make(transaction, NULL, "", 0)) {
		txn_free(transaction);
		return NULL;
	}
	return transaction;
}

void txn_free(struct transaction *transaction)
{
	while (transaction->root) {
		struct txn_entry *entry = transaction->root;

		transaction->root = entry->next;
		perm_list_put(entry->perms);
		free(entry);
	}
	while (transaction->first_edit) {
		struct txn_edit *edit = transaction->first_edit;

		transaction->first_edit = edit->next;
		perm_list_put(edit->edit.perms);
		free(edit->value);
		free(edit);
	}
	index_free(&transaction->entries);
	free(transaction);
}

static void view_of_base(struct node_view *node)
{
	struct store_node *base = node->base;

	node->present = base != NULL;
	if (!base)
		return;
	node->perms = base->perms;
	node->permission_generation = base->permission_generation;
	node->value = base->value;
	node->value_length = base->value_length;
	node->generation = base->generation;
}

/* Walks overlay and tree together; `entry` is made on the way. */
static int walk(const struct view *view, const char *path, size_t length, struct node_view *node)
{
	struct transaction *transaction = view->transaction;
	const char *at = path, *end = path + length;
	struct txn_entry *entry = transaction->root;
	struct store_node *base = view->tree->root;
	bool hidden = false;

	if (path[0] == '@')
		base = view->tree->special;
	else
		at++;
	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t name_length = (size_t)((slash ? slash : end) - at);
		struct txn_entry *child = entry_find(transaction, entry, at, name_length);

		if (!child && transaction->nr_entries >= view->most_entries)
			return -ENOSPC;
		if (!child)
			child = entry_make(transaction, entry, at, name_length);
		if (!child)
			return -ENOMEM;
		hidden |= entry->hides;
		base = base && !hidden ? tree_child(view->tree, base, at, name_length) : NULL;
		/* Below what was removed there is nothing, whatever the tree says. */
		child->own |= hidden;
		entry = child;
		at += name_length + 1;
	}
	node->entry = entry;
	node->base = base;
	return 0;
}

int view_look(const struct view *view, const char *path, size_t length, struct node_view *node)
{
	struct txn_entry *entry;
	int error;

	*node = (struct node_view){0};
	if (!view->transaction) {
		node->base = tree_find(view->tree, path, length);
		view_of_base(node);
		return 0;
	}
	error = walk(view, path, length, node);
	if (error)
		return error;
	entry = node->entry;
	if (!entry->own) {
		view_of_base(node);
		if (!entry->looked) {
			entry->looked = true;
			entry->seen = node->base ? node->base->generation : 0;
		}
		return 0;
	}
	node->present = entry->present;
	node->perms = entry->perms;
	node->permission_generation = entry->permission_generation;
	node->value = entry->value;
	node->value_length = entry->value_length;
	node->generation = UINT64_MAX;
	return 0;
}

int view_list(const struct view *view, struct node_view *node,
	      void (*each)(void *context, const char *name, size_t length), void *context)
{
	struct txn_entry *entry = node->entry;
	struct store_node *base = node->base;

	if (entry && entry->hides)
		base = NULL;
	else if (entry && !entry->listed) {
		entry->listed = true;
		entry->seen_children = base ? base->children_generation : 0;
	}
	for (struct store_node *child = base ? base->first : NULL; child; child = child->next) {
		struct txn_entry *own = NULL;

		if (entry)
			own = entry_find(view->transaction, entry, child->name, child->name_length);
		if (!own || !own->own || own->present)
			each(context, child->name, child->name_length);
	}
	for (struct txn_entry *own = entry ? entry->first : NULL; own; own = own->next_sibling) {
		if (own->own && own->present &&
		    (!base || !tree_child(view->tree, base, own->name, own->name_length)))
			each(context, own->name, own->name_length);
	}
	return 0;
}

/* Next of `top` and all overlay entries below it. */
static struct txn_entry *entry_next(const struct txn_entry *top, struct txn_entry *entry)
{
	if (entry->first)
		return entry->first;
	while (entry != top && !entry->next_sibling)
		entry = entry->parent;
	return entry == top ? NULL : entry->next_sibling;
}

static void note_removed(struct txn_entry *top)
{
	for (struct txn_entry *entry = top; entry; entry = entry_next(top, entry)) {
		entry->own = true;
		entry->present = false;
		entry->hides = true;
		entry->value_edit = NULL;
		perm_list_put(entry->perms);
		entry->perms = NULL;
		entry->value = NULL;
		entry->value_length = 0;
	}
}

/* Brings the overlay up to date with an edit that the list has already. */
static void note_edit(struct transaction *transaction, const struct node_view *node,
		      struct txn_edit *made)
{
	struct txn_entry *entry = node->entry;
	const struct edit *edit = &made->edit;
	struct perm_list *perms;

	if (edit->kind == EDIT_REMOVE) {
		transaction->removed = true;
		note_removed(entry);
		return;
	}
	perms = perm_list_get(edit->perms ? edit->perms : (struct perm_list *)node->perms);
	if (edit->kind == EDIT_VALUE || edit->kind == EDIT_CREATE) {
		entry->value = made->value;
		entry->value_length = edit->value_length;
		entry->value_edit = made;
	} else if (!entry->own) {
		entry->value = node->value;
		entry->value_length = node->value_length;
	}
	entry->permission_generation = edit->perms ? UINT64_MAX : node->permission_generation;
	perm_list_put(entry->perms);
	entry->perms = perms;
	entry->own = entry->present = true;
	transaction->created += edit->kind == EDIT_CREATE;
}

static int value_again(struct transaction *transaction, struct txn_entry *entry,
		       const struct edit *edit)
{
	struct txn_edit *made = entry->value_edit;
	char *copy = malloc(edit->value_length + 1u);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, edit->value, edit->value_length);
	transaction->bytes += (uint64_t)edit->value_length - made->edit.value_length;
	free(made->value);
	made->value = copy;
	made->edit.value = copy;
	made->edit.value_length = edit->value_length;
	made->edit.implied = false;
	entry->value = copy;
	entry->value_length = edit->value_length;
	return 0;
}

/*
 * A value the transaction has not written itself is the tree's, which may go
 * away: an entry whose permissions alone change takes a copy with it.
 */
static int keep_value(struct txn_edit *made, const struct node_view *node)
{
	if (made->edit.kind != EDIT_PERMS || node->entry->own || !node->value_length)
		return 0;
	made->value = malloc(node->value_length);
	if (!made->value)
		return -ENOMEM;
	memcpy(made->value, node->value, node->value_length);
	return 0;
}

static struct txn_edit *edit_copy(const struct edit *edit)
{
	struct txn_edit *made = calloc(1, sizeof(*made) + edit->path_length + 1u);

	if (!made)
		return NULL;
	made->edit = *edit;
	memcpy(made->path, edit->path, edit->path_length);
	made->edit.path = made->path;
	if (edit->value_length) {
		made->value = malloc(edit->value_length);
		if (!made->value) {
			free(made);
			return NULL;
		}
		memcpy(made->value, edit->value, edit->value_length);
		made->edit.value = made->value;
	}
	return made;
}

int txn_add(const struct view *view, const struct edit *edit)
{
	struct transaction *transaction = view->transaction;
	struct txn_edit *made;
	struct node_view node;
	int error = view_look(view, edit->path, edit->path_length, &node);

	if (error)
		return error;
	if (edit->kind == EDIT_VALUE && node.entry->value_edit)
		return value_again(transaction, node.entry, edit);
	made = edit_copy(edit);
	if (!made)
		return -ENOMEM;
	if (keep_value(made, &node)) {
		free(made);
		return -ENOMEM;
	}
	if (edit->perms)
		perm_list_get(edit->perms);
	if (made->edit.kind == EDIT_PERMS && made->value)
		node.value = made->value;
	note_edit(transaction, &node, made);
	*(transaction->last_edit ? &transaction->last_edit->next : &transaction->first_edit) = made;
	transaction->last_edit = made;
	transaction->nr_edits++;
	transaction->bytes += sizeof(*made) + edit->path_length + edit->value_length;
	return 0;
}

int txn_verify(const struct transaction *transaction, const struct tree *tree)
{
	if (transaction->doomed)
		return -EAGAIN;
	if (transaction->started == tree->generation)
		return 0;
	for (struct txn_entry *entry = transaction->root; entry; entry = entry->next) {
		struct store_node *base = tree->root;

		if (entry->parent && entry->parent == transaction->root && entry->name[0] == '@')
			base = tree_child(tree, tree->special, entry->name, entry->name_length);
		else if (entry->parent)
			base = entry->parent->base ? tree_child(tree, entry->parent->base,
								entry->name, entry->name_length)
						   : NULL;
		entry->base = base;
		if (entry->looked && entry->seen != (base ? base->generation : 0))
			return -EAGAIN;
		if (entry->listed && entry->seen_children != (base ? base->children_generation : 0))
			return -EAGAIN;
	}
	return 0;
}

const struct edit *txn_first(const struct transaction *transaction)
{
	return transaction->first_edit ? &transaction->first_edit->edit : NULL;
}

const struct edit *txn_next(const struct edit *edit)
{
	const struct txn_edit *made = (const struct txn_edit *)edit;

	return made->next ? &made->next->edit : NULL;
}
