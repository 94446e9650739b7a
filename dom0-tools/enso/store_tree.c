/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/store_tree.c - the commands that walk the store: ls and perms.
 * A node that goes away while others are shown is passed over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/store_bytes.h"

#define PERMISSIONS_ROOM 256
#define DEPTH_MAX	 256 /* a path has at most 3072 bytes; no honest tree is so deep */

struct node {
	const char *path;
	int depth;
};

struct walk {
	struct invocation *invocation;
	store_transaction_t transaction;
	struct json_object *array;
	bool permissions, full, recursive;
	const struct store_permission *set; /* for perms */
	size_t set_count;
	int (*visit)(struct walk *walk, const struct node *node);
};

static int read_permissions(struct walk *walk, const char *path, char *text)
{
	struct store_permission *permissions;
	size_t count, length = 0;
	int result = store_get_permissions(walk->invocation->store, walk->transaction, &permissions,
					   &count, &walk->invocation->failure, "%s", path);

	*text = 0;
	if (result)
		return result;
	for (size_t i = 0; i < count && length + 18 < PERMISSIONS_ROOM; i++) {
		char one[16];

		store_permission_show(&permissions[i], one);
		length += (size_t)snprintf(text + length, PERMISSIONS_ROOM - length, "%s%s",
					   i ? "," : "", one);
	}
	free(permissions);
	return 0;
}

static void show_node(const struct walk *walk, const struct node *node, const char *value,
		      const char *permissions)
{
	struct json_object *object = output_append_object(walk->array);
	const char *last = strrchr(node->path, '/');

	output_add_text(object, "path", node->path);
	output_add_text(object, "value", value);
	if (walk->permissions)
		output_add_text(object, "permissions", permissions);
	if (walk->array)
		return;
	if (walk->full)
		printf("%s = \"%s\"", node->path, value);
	else
		printf("%*s%s = \"%s\"", node->depth, "", last ? last + 1 : node->path, value);
	if (walk->permissions)
		printf("   (%s)", permissions);
	putchar('\n');
}

static int visit_ls(struct walk *walk, const struct node *node)
{
	char permissions[PERMISSIONS_ROOM] = "", *value, *shown;
	size_t bytes;
	int result = store_read_bytes(walk->invocation->store, walk->transaction, &value, &bytes,
				      &walk->invocation->failure, node->path);

	if (result)
		return result;
	shown = store_bytes_show(value, bytes);
	free(value);
	if (!shown)
		return failure_set(&walk->invocation->failure, ENOMEM, "enso", NULL,
				   "out of memory");
	if (walk->permissions)
		result = read_permissions(walk, node->path, permissions);
	/* The node asked for is only a heading. */
	if (!result && node->depth >= 0)
		show_node(walk, node, shown, permissions);
	free(shown);
	return result;
}

static int visit_perms(struct walk *walk, const struct node *node)
{
	struct store_permission *permissions;
	size_t count;
	int result;

	if (walk->set_count)
		return store_set_permissions(walk->invocation->store, walk->transaction, walk->set,
					     walk->set_count, &walk->invocation->failure, "%s",
					     node->path);
	result = store_get_permissions(walk->invocation->store, walk->transaction, &permissions,
				       &count, &walk->invocation->failure, "%s", node->path);
	if (result)
		return result;
	if (walk->recursive && !walk->array)
		printf("%s: ", node->path);
	for (size_t i = 0; i < count; i++) {
		char one[16];

		store_permission_show(&permissions[i], one);
		output_append_text(walk->array, one);
		if (!walk->array)
			printf("%s%s", i ? " " : "", one);
	}
	if (!walk->array)
		putchar('\n');
	free(permissions);
	return 0;
}

/* What is still to be visited: the walk is not recursive, whatever the store's depth. */
struct level {
	char **names;
	size_t count, next;
	size_t length; /* of the path of the node whose children these are */
};

static int open_level(struct walk *walk, struct level *level, const char *path)
{
	memset(level, 0, sizeof(*level));
	level->length = strcmp(path, "/") ? strlen(path) : 0;
	return store_list(walk->invocation->store, walk->transaction, &level->names, &level->count,
			  &walk->invocation->failure, "%s", path);
}

/* Visits the next child of the deepest level, and opens its own. */
static int step(struct walk *walk, struct level *levels, int *depth, char *path)
{
	struct level *level = &levels[*depth];
	size_t room = STORE_PATH_MAX - level->length;
	struct node node = {path, *depth};
	int result;

	if ((size_t)snprintf(path + level->length, room, "/%s", level->names[level->next++]) >=
		    room ||
	    *depth + 1 == DEPTH_MAX)
		return failure_set(&walk->invocation->failure, ENAMETOOLONG, "store", NULL,
				   "the tree at %s is too deep", path);
	result = walk->visit(walk, &node);
	if (!result)
		result = open_level(walk, &levels[*depth + 1], path);
	if (!result)
		(*depth)++;
	if (result != -ENOENT)
		return result;
	invocation_forgive(walk->invocation);
	return 0;
}

static int walk_below(struct walk *walk, const char *top)
{
	struct level *levels = calloc(DEPTH_MAX, sizeof(*levels));
	char path[STORE_PATH_MAX];
	int depth = 0, result;

	if (!levels)
		return failure_set(&walk->invocation->failure, ENOMEM, "enso", NULL,
				   "out of memory");
	snprintf(path, sizeof(path), "%s", strcmp(top, "/") ? top : "");
	result = open_level(walk, &levels[0], top);
	if (result)
		depth = -1;
	while (!result && depth >= 0) {
		if (levels[depth].next < levels[depth].count)
			result = step(walk, levels, &depth, path);
		else
			free(levels[depth--].names);
	}
	while (depth >= 0)
		free(levels[depth--].names);
	free(levels);
	return result;
}

static int walk_in_transaction(struct store *store, store_transaction_t transaction, void *context,
			       struct failure *failure)
{
	struct walk *walk = context;
	const char *path =
		walk->invocation->arguments.count ? walk->invocation->arguments.words[0] : "/";
	struct node top = {path, -1};
	int result;

	(void)store;
	(void)failure;
	walk->transaction = transaction;
	result = walk->visit(walk, &top);
	return result || !walk->recursive ? result : walk_below(walk, path);
}

int command_store_ls(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct walk walk = {.invocation = invocation, .recursive = true, .visit = visit_ls};
	struct json_object *document = NULL;
	int result = invocation_need_store(invocation);

	if (result)
		return result;
	walk.permissions = arguments_has(arguments, "perms");
	walk.full = arguments_has(arguments, "full");
	if (invocation->json) {
		document = output_begin(invocation);
		output_add_text(document, "path", arguments->count ? arguments->words[0] : "/");
		walk.array = output_add_array(document, "nodes");
	}
	/* Reading alone needs no commit, which could only make it print twice. */
	result = walk_in_transaction(invocation->store, STORE_NOW, &walk, &invocation->failure);
	if (document && !result)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}

static int print_new_permissions(struct walk *walk)
{
	struct invocation *invocation = walk->invocation;
	struct json_object *document = output_begin(invocation);
	int result;

	output_add_text(document, "path", invocation->arguments.words[0]);
	walk->array = output_add_array(document, "permissions");
	walk->set_count = 0;
	walk->recursive = false;
	result = walk_in_transaction(invocation->store, STORE_NOW, walk, &invocation->failure);
	if (!result)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}

int command_store_perms(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct walk walk = {.invocation = invocation, .visit = visit_perms};
	struct store_permission set[16];
	int result;

	for (int i = 1; i < arguments->count; i++) {
		if (i > (int)ARRAY_SIZE(set))
			return invocation_misused(invocation, "at most %zu PERMs", ARRAY_SIZE(set));
		if (!store_permission_read(arguments->words[i], &set[i - 1]))
			return invocation_misused(invocation, "PERM is like n0 or r3, not '%s'",
						  arguments->words[i]);
	}
	result = invocation_need_store(invocation);
	if (result)
		return result;
	walk.set = set;
	walk.set_count = (size_t)arguments->count - 1;
	walk.recursive = arguments_has(arguments, "recursive");
	if (walk.set_count)
		result = store_transact(invocation->store, walk_in_transaction, &walk,
					&invocation->failure);
	else if (!invocation->json)
		result = walk_in_transaction(invocation->store, STORE_NOW, &walk,
					     &invocation->failure);
	return result || !invocation->json ? result : print_new_permissions(&walk);
}
