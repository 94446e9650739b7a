/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/tree.h - the nodes: names, values, permissions, owners.
 *
 * A node is found by (parent, name) in one index, so no operation's cost grows
 * with the number of nodes or domains.  Changes are collected while a request
 * or a transaction is carried out; until tree_commit() all of them can be
 * taken back, exactly.  Who may do what, and telling watchers, is others'.
 * No function recurses.  Pure.
 */
#pragma once

#include <stddef.h>

#include "dom0-tools/stored/account.h"

enum { ACCESS_NONE = 0, ACCESS_READ = 1, ACCESS_WRITE = 2 };

struct store_perm {
	uint16_t domid;
	uint16_t access;
};

/* The first entry's domain is the owner; its access is everybody else's. */
struct perm_list {
	uint32_t users; /* nodes share the list they inherit */
	uint32_t count; /* at least 1                        */
	struct store_perm entry[];
};

struct store_node {
	struct index_entry entry; /* in tree.nodes, by (parent, name) */
	struct store_node *parent, *first, *last, *next, *previous;
	struct store_node *next_owned, *previous_owned; /* of the same owner */
	uint64_t generation;				/* of its making, value and permissions  */
	uint64_t children_generation;			/* of the list of children               */
	uint64_t permission_generation;			/* account.died is compared with it      */
	uint32_t nr_children, children_bytes;		/* of their names, each with its NUL */
	struct perm_list *perms;
	char *value; /* NULL when empty */
	uint32_t value_length;
	uint16_t name_length;
	char name[];
};

struct tree {
	struct index nodes;
	struct store_node *root;
	struct store_node *special; /* its children are @introduceDomain, @releaseDomain */
	uint64_t generation;	    /* of the last change */
	struct accounts *accounts;
};

enum change_kind { CHANGE_CREATE, CHANGE_VALUE, CHANGE_PERMS, CHANGE_REMOVE };

struct change {
	enum change_kind kind;
	struct store_node *node;
	char *value; /* the old one, or the old permissions */
	uint32_t value_length;
	struct perm_list *perms;
	struct store_node *before; /* the removed node's next sibling */
	uint64_t generation, children_generation, permission_generation;
};

struct changes {
	struct change *list;
	size_t count, room;
};

/* 0 or -ENOMEM. */
int tree_start(struct tree *tree, struct accounts *accounts);
void tree_end(struct tree *tree);

struct store_node *tree_child(const struct tree *tree, const struct store_node *parent,
			      const char *name, size_t length);
/* By absolute path ("/", "/a/b", "@releaseDomain"), which must be valid; NULL: absent. */
struct store_node *tree_find(const struct tree *tree, const char *path, size_t length);
/* Next of `top` and all below it, parents first; NULL after the last. */
struct store_node *tree_next(const struct store_node *top, struct store_node *node);
/* The length of the node's path, which is written when it fits with its NUL. */
size_t tree_path(const struct tree *tree, const struct store_node *node, char *path, size_t room);

/* All return 0 or -ENOMEM, which changes nothing.  Values and lists are copied. */
int tree_create(struct tree *tree, struct changes *changes, struct store_node *parent,
		const char *name, size_t name_length, struct perm_list *perms, const void *value,
		uint32_t value_length, struct store_node **made);
int tree_set_value(struct tree *tree, struct changes *changes, struct store_node *node,
		   const void *value, uint32_t length);
int tree_set_perms(struct tree *tree, struct changes *changes, struct store_node *node,
		   struct perm_list *perms);
int tree_remove(struct tree *tree, struct changes *changes, struct store_node *node);

void tree_commit(struct tree *tree, struct changes *changes);
void tree_roll_back(struct tree *tree, struct changes *changes);

/* A list of `count` entries with one user; NULL: no memory. */
struct perm_list *perm_list_make(const struct store_perm *entries, size_t count);
void perm_list_put(struct perm_list *list);
static inline struct perm_list *perm_list_get(struct perm_list *list)
{
	list->users++;
	return list;
}

static inline uint16_t node_owner(const struct store_node *node)
{
	return node->perms->entry[0].domid;
}

/* What domain `domid` may do with a node of these permissions given at `generation`. */
unsigned int perms_access(const struct accounts *accounts, const struct perm_list *perms,
			  uint64_t generation, uint16_t domid);
