/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/tree.c - tree.h says what it is for; changes.c takes them back. */
#include "dom0-tools/stored/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/tree_links.h"

static uint64_t child_hash(const struct store_node *parent, const char *name, size_t length)
{
	return hash_end(hash_bytes(hash_start() ^ (uintptr_t)parent, name, length));
}

struct store_node *tree_child(const struct tree *tree, const struct store_node *parent,
			      const char *name, size_t length)
{
	struct index_entry *entry = index_first(&tree->nodes, child_hash(parent, name, length));

	for (; entry; entry = index_next(entry)) {
		struct store_node *node = index_thing(entry, struct store_node, entry);

		if (node->parent == parent && node->name_length == length &&
		    memcmp(node->name, name, length) == 0)
			return node;
	}
	return NULL;
}

struct store_node *tree_find(const struct tree *tree, const char *path, size_t length)
{
	const char *end = path + length;
	struct store_node *node = tree->root;

	if (length && path[0] == '@')
		return tree_child(tree, tree->special, path, length);
	path++;
	while (node && path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		const char *stop = slash ? slash : end;

		node = tree_child(tree, node, path, (size_t)(stop - path));
		path = stop + 1;
	}
	return node;
}

struct store_node *tree_next(const struct store_node *top, struct store_node *node)
{
	if (node->first)
		return node->first;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

size_t tree_path(const struct tree *tree, const struct store_node *node, char *path, size_t room)
{
	size_t length = 0, at;

	if (node == tree->root) {
		if (room > 1)
			memcpy(path, "/", 2);
		return 1;
	}
	for (const struct store_node *step = node; step->parent; step = step->parent)
		length += step->name_length + (step->parent != tree->special);
	if (length >= room)
		return length;
	path[length] = '\0';
	at = length;
	for (const struct store_node *step = node; step->parent; step = step->parent) {
		at -= step->name_length;
		memcpy(path + at, step->name, step->name_length);
		if (step->parent != tree->special)
			path[--at] = '/';
	}
	return length;
}

struct perm_list *perm_list_make(const struct store_perm *entries, size_t count)
{
	struct perm_list *list = malloc(sizeof(*list) + count * sizeof(*entries));

	if (!list)
		return NULL;
	list->users = 1;
	list->count = (uint32_t)count;
	memcpy(list->entry, entries, count * sizeof(*entries));
	return list;
}

void perm_list_put(struct perm_list *list)
{
	if (list && --list->users == 0)
		free(list);
}

static unsigned int access_of_one(const struct accounts *accounts, const struct perm_list *perms,
				  uint64_t generation, uint16_t domid)
{
	const struct account *account = account_find(accounts, domid);

	if (perms->entry[0].domid == domid)
		return ACCESS_READ | ACCESS_WRITE;
	for (uint32_t i = 1; i < perms->count; i++) {
		if (perms->entry[i].domid == domid && (!account || generation > account->died))
			return perms->entry[i].access;
	}
	return perms->entry[0].access;
}

unsigned int perms_access(const struct accounts *accounts, const struct perm_list *perms,
			  uint64_t generation, uint16_t domid)
{
	const struct account *account;
	unsigned int access;

	if (domid == 0)
		return ACCESS_READ | ACCESS_WRITE;
	access = access_of_one(accounts, perms, generation, domid);
	account = account_find(accounts, domid);
	if (account && account->target != DOMID_NONE)
		access |= access_of_one(accounts, perms, generation, account->target);
	return access;
}

static struct store_node *node_make(const char *name, size_t name_length, const void *value,
				    uint32_t value_length)
{
	struct store_node *node = calloc(1, sizeof(*node) + name_length + 1);

	if (!node)
		return NULL;
	memcpy(node->name, name, name_length);
	node->name_length = (uint16_t)name_length;
	if (value_length) {
		node->value = malloc(value_length);
		if (!node->value) {
			free(node);
			return NULL;
		}
		memcpy(node->value, value, value_length);
		node->value_length = value_length;
	}
	return node;
}

/* Room for one more change; a request makes few, a transaction many. */
static struct change *change_next(struct changes *changes)
{
	struct change *list;
	size_t room;

	if (changes->count < changes->room)
		return &changes->list[changes->count];
	room = changes->room ? changes->room * 2 : 8;
	list = realloc(changes->list, room * sizeof(*list));
	if (!list)
		return NULL;
	changes->list = list;
	changes->room = room;
	return &list[changes->count];
}

static void change_note(struct changes *changes, enum change_kind kind, struct store_node *node)
{
	changes->list[changes->count++] = (struct change){
		.kind = kind,
		.node = node,
		.generation = node->generation,
		.permission_generation = node->permission_generation,
		.children_generation = node->parent ? node->parent->children_generation : 0,
	};
}

int tree_create(struct tree *tree, struct changes *changes, struct store_node *parent,
		const char *name, size_t name_length, struct perm_list *perms, const void *value,
		uint32_t value_length, struct store_node **made)
{
	struct account *owner = account_get(tree->accounts, perms->entry[0].domid);
	struct store_node *node;

	if (!owner || !change_next(changes))
		return -ENOMEM;
	node = node_make(name, name_length, value, value_length);
	if (!node)
		return -ENOMEM;
	if (index_add(&tree->nodes, &node->entry, child_hash(parent, name, name_length))) {
		node_free(node);
		return -ENOMEM;
	}

	node->parent = parent;
	node->perms = perm_list_get(perms);
	change_note(changes, CHANGE_CREATE, node);
	node->generation = ++tree->generation;
	node->permission_generation = node->generation;
	node->children_generation = node->generation;
	link_child(node, NULL);
	parent->children_generation = node->generation;
	link_owned(owner, node);
	*made = node;
	return 0;
}

int tree_set_value(struct tree *tree, struct changes *changes, struct store_node *node,
		   const void *value, uint32_t length)
{
	struct account *owner = account_find(tree->accounts, node_owner(node));
	struct change *change = change_next(changes);
	char *copy = NULL;

	if (!change)
		return -ENOMEM;
	if (length) {
		copy = malloc(length);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, value, length);
	}

	change_note(changes, CHANGE_VALUE, node);
	change->value = node->value;
	change->value_length = node->value_length;
	owner->bytes += (uint64_t)length - node->value_length;
	node->value = copy;
	node->value_length = length;
	node->generation = ++tree->generation;
	return 0;
}

int tree_set_perms(struct tree *tree, struct changes *changes, struct store_node *node,
		   struct perm_list *perms)
{
	struct account *owner = account_find(tree->accounts, node_owner(node));
	struct account *heir = account_get(tree->accounts, perms->entry[0].domid);
	struct change *change = change_next(changes);

	if (!heir || !change)
		return -ENOMEM;

	change_note(changes, CHANGE_PERMS, node);
	change->perms = node->perms;
	unlink_owned(owner, node);
	node->perms = perm_list_get(perms);
	link_owned(heir, node);
	node->generation = ++tree->generation;
	node->permission_generation = node->generation;
	return 0;
}

/*
 * The node goes out of its parent's list and the index; those below it stay as
 * they are, out of reach, until the change is committed or taken back.
 */
int tree_remove(struct tree *tree, struct changes *changes, struct store_node *node)
{
	struct change *change = change_next(changes);

	if (!change)
		return -ENOMEM;

	change_note(changes, CHANGE_REMOVE, node);
	change->before = node->next;
	for (struct store_node *each = node; each; each = tree_next(node, each))
		unlink_owned(account_find(tree->accounts, node_owner(each)), each);
	index_remove(&tree->nodes, &node->entry);
	node->parent->children_generation = ++tree->generation;
	unlink_child(node);
	return 0;
}

static struct store_node *first_node(struct tree *tree, struct perm_list *perms)
{
	struct store_node *node = node_make("", 0, NULL, 0);
	struct account *owner = account_get(tree->accounts, 0);

	if (!node || !owner) {
		free(node);
		return NULL;
	}
	node->perms = perm_list_get(perms);
	node->generation = node->children_generation = node->permission_generation = 1;
	link_owned(owner, node);
	return node;
}

int tree_start(struct tree *tree, struct accounts *accounts)
{
	static const struct store_perm owner = {.domid = 0, .access = ACCESS_NONE};
	struct perm_list *perms = perm_list_make(&owner, 1);
	struct changes changes = {0};
	struct store_node *made;
	int error = -ENOMEM;

	*tree = (struct tree){.accounts = accounts, .generation = 1};
	if (!perms)
		return -ENOMEM;
	tree->root = first_node(tree, perms);
	tree->special = first_node(tree, perms);
	if (tree->root && tree->special &&
	    !tree_create(tree, &changes, tree->special, "@introduceDomain", 16, perms, NULL, 0,
			 &made) &&
	    !tree_create(tree, &changes, tree->special, "@releaseDomain", 14, perms, NULL, 0,
			 &made))
		error = 0;
	tree_commit(tree, &changes);
	perm_list_put(perms);
	if (error)
		tree_end(tree);
	return error;
}

static void end_all_below(struct tree *tree, struct store_node *top)
{
	if (!top)
		return;
	while (top->first) {
		struct store_node *node = top->first;

		while (node->first)
			node = node->first;
		index_remove(&tree->nodes, &node->entry);
		unlink_owned(account_find(tree->accounts, node_owner(node)), node);
		unlink_child(node);
		node_free(node);
	}
	unlink_owned(account_find(tree->accounts, node_owner(top)), top);
	node_free(top);
}

void tree_end(struct tree *tree)
{
	end_all_below(tree, tree->root);
	end_all_below(tree, tree->special);
	index_free(&tree->nodes);
	*tree = (struct tree){0};
}
