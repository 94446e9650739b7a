/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/list.h - circular doubly linked lists of nodes inside structs.
 */
#pragma once

#include "xen-like/base/abi.h"

struct list {
	struct list *next, *previous;
};

static inline void list_init(struct list *head)
{
	head->next = head->previous = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_insert_before(struct list *where, struct list *node)
{
	node->next = where;
	node->previous = where->previous;
	where->previous->next = node;
	where->previous = node;
}

static inline void list_append(struct list *head, struct list *node)
{
	list_insert_before(head, node);
}

static inline void list_prepend(struct list *head, struct list *node)
{
	list_insert_before(head->next, node);
}

/* Leaves the node linked to itself, so that removing twice is harmless. */
static inline void list_remove(struct list *node)
{
	node->next->previous = node->previous;
	node->previous->next = node->next;
	list_init(node);
}

#define list_entry(node, type, member) container_of(node, type, member)
#define list_for_each(node, head)                                                                  \
	for (struct list *node = (head)->next; node != (head); node = node->next)
