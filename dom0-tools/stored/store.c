/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/store.c - changes to the store as a whole.  See store.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/store.h"

/* An owner that hears something must be looked after at the end of the turn. */
static void awaken(struct watch_owner *owner)
{
	struct connection *connection = index_thing(owner, struct connection, watches);

	connection_mark(connection->store, connection);
}

int store_start(struct store *store, const struct store_ports *ports)
{
	*store = (struct store){.ports = ports};
	accounts_start(&store->accounts);
	store->watches.accounts = &store->accounts;
	store->watches.awaken = awaken;
	return tree_start(&store->tree, &store->accounts);
}

void store_end(struct store *store)
{
	while (store->connections)
		connection_close(store, store->connections);
	tree_end(&store->tree);
	accounts_end(&store->accounts);
	index_free(&store->watches.by_path);
	index_free(&store->watches.waiting);
	record_free(&store->record);
}

static void tell_removed(struct store *store, struct store_node *top)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];

	for (struct store_node *node = top; node; node = tree_next(top, node)) {
		struct witness before = {node->perms, node->permission_generation};
		size_t length = tree_path(&store->tree, node, path, sizeof(path));

		if (length < sizeof(path))
			watch_fire(&store->watches, path, length, node != top, NULL, &before);
	}
}

/* Watchers hear of one change, which is still to be committed. */
static void tell(struct store *store, const struct change *change, const struct edit *edit)
{
	const struct store_node *node = change->node;
	struct witness now = {node->perms, node->permission_generation};
	struct witness before = {change->perms, change->permission_generation};

	if (edit->implied)
		return;
	if (change->kind == CHANGE_REMOVE)
		tell_removed(store, change->node);
	else
		watch_fire(&store->watches, edit->path, edit->path_length, false, &now,
			   change->perms ? &before : NULL);
}

static int apply_all(struct store *store, struct changes *changes, const struct edit *edit,
		     const struct edit *(*next)(const struct edit *edit))
{
	for (; edit; edit = next ? next(edit) : NULL) {
		int error = edit_apply(&store->tree, changes, edit);

		if (error)
			return error;
	}
	return 0;
}

int store_apply(struct store *store, const struct account *account, const struct edit *first,
		const struct edit *(*next)(const struct edit *edit))
{
	struct changes changes = {0};
	uint32_t nodes = account->nodes;
	uint64_t bytes = account->bytes;
	const struct edit *edit = first;
	int error = apply_all(store, &changes, first, next);

	if (!error && account->nodes > nodes &&
	    !account_allows(&store->accounts, account, QUOTA_NODES, account->nodes, 0))
		error = -ENOSPC;
	if (!error && account->bytes > bytes &&
	    !account_allows(&store->accounts, account, QUOTA_MEMORY, account->bytes, 0))
		error = -ENOSPC;
	if (error) {
		tree_roll_back(&store->tree, &changes);
		return error;
	}

	/* Nothing fails from here on. */
	for (size_t i = 0; i < changes.count; i++, edit = next ? next(edit) : NULL) {
		tell(store, &changes.list[i], edit);
		record_add(&store->record, &(struct journal_item){
						   .kind = ITEM_EDIT,
						   .edit = (uint8_t)edit->kind,
						   .path = {edit->path, edit->path_length},
						   .value = {edit->value, edit->value_length},
						   .perms = edit->perms,
					   });
	}
	tree_commit(&store->tree, &changes);
	store->commits++;
	return 0;
}

void store_fire_special(struct store *store, const char *name)
{
	struct store_node *node = tree_find(&store->tree, name, strlen(name));
	struct witness now;

	if (!node)
		return;
	now = (struct witness){node->perms, node->permission_generation};
	watch_fire(&store->watches, name, strlen(name), true, &now, NULL);
}

/* Whether everything below the node is the same domain's. */
static bool owns_all_below(const struct store_node *top, uint16_t domid)
{
	for (struct store_node *node = (struct store_node *)top; node;
	     node = tree_next(top, node)) {
		if (node_owner(node) != domid)
			return false;
	}
	return true;
}

/* What is left of a dead domain's node that others' are below. */
static int give_to_domain0(struct store *store, struct store_node *node, const char *path,
			   size_t length)
{
	const struct account *nobody = account_find(&store->accounts, 0);
	struct perm_list *perms = perm_list_make(node->perms->entry, node->perms->count);
	struct edit edit = {.kind = EDIT_PERMS, .path = path, .path_length = (uint32_t)length};
	int error;

	if (!perms || !nobody) {
		perm_list_put(perms);
		return -ENOMEM;
	}
	perms->entry[0].domid = 0;
	edit.perms = perms;
	error = store_apply(store, nobody, &edit, NULL);
	perm_list_put(perms);
	return error;
}

static int drop_owned(struct store *store, struct account *account)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	struct store_node *top = account->owned;
	struct edit edit = {.kind = EDIT_REMOVE, .path = path};

	/* The highest of its nodes that is all its own: few edits, few events. */
	while (top->parent && top->parent->parent && node_owner(top->parent) == account->domid &&
	       owns_all_below(top->parent, account->domid))
		top = top->parent;
	edit.path_length = (uint32_t)tree_path(&store->tree, top, path, sizeof(path));
	if (!top->parent || top->parent == store->tree.special ||
	    !owns_all_below(top, account->domid))
		return give_to_domain0(store, top, path, edit.path_length);
	return store_apply(store, account, &edit, NULL);
}

void store_domain_gone(struct store *store, struct account *account)
{
	if (account->connection && !store->replaying)
		store->ports->release(store, account);
	while (account->owned && !drop_owned(store, account))
		;
	account->died = ++store->tree.generation;
	account->introduced = account->shut_down = false;
	account->target = DOMID_NONE;
	memset(account->quota_own, 0, sizeof(account->quota_own));
	record_add(&store->record, &(struct journal_item){.kind = ITEM_GONE,
							  .domid = account->domid,
							  .number = account->died});
	store_fire_special(store, "@releaseDomain");
}

/* What the watches and transactions of a domain's connections take. */
static uint64_t bytes_of_clients(const struct store *store, uint16_t domid)
{
	uint64_t bytes = 0;

	for (const struct connection *each = store->connections; each; each = each->next) {
		if (each->watches.domid != domid)
			continue;
		for (const struct watch *watch = each->watches.first; watch; watch = watch->next)
			bytes += sizeof(*watch) + watch->path_length + watch->token_length;
		for (const struct transaction *open = each->transactions; open; open = open->next)
			bytes += open->bytes;
	}
	return bytes;
}

const char *store_check(struct store *store)
{
	uint64_t nodes = 0, owned = 0;

	for (struct store_node *node = store->tree.root; node;
	     node = tree_next(store->tree.root, node)) {
		if (node->parent &&
		    tree_child(&store->tree, node->parent, node->name, node->name_length) != node)
			return "a node is not in the index";
		nodes++;
	}
	for (const struct account *account = store->accounts.all; account;
	     account = account->next) {
		uint64_t count = 0, bytes = 0;

		for (const struct store_node *node = account->owned; node;
		     node = node->next_owned) {
			bytes += sizeof(*node) + node->name_length + node->value_length;
			if (node_owner(node) != account->domid)
				return "a node is in a stranger's list";
			count++;
		}
		if (count != account->nodes)
			return "a domain's number of nodes is wrong";
		if (bytes + bytes_of_clients(store, account->domid) != account->bytes)
			return "a domain's number of bytes is wrong";
		owned += count;
	}
	/* The special nodes and their parent are owned, but not below the root. */
	return nodes + 3 == owned ? NULL : "nodes without an owner";
}
