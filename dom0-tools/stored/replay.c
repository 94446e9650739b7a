/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/replay.c - replay.h says what it is for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/replay.h"

#define REPLAY_OUT_MOST (128u << 10) /* more than any client was ever left with */

/* How far the journal holds, and whether it has a whole snapshot. */
static bool scan(const char *bytes, size_t length, struct replayed *replayed)
{
	bool snapshot = false;
	size_t at = JOURNAL_HEADER, end;
	uint64_t first;

	if (!journal_first(bytes, length, &first))
		return false;
	while (journal_record(bytes, length, at, first + replayed->records, &end)) {
		struct journal_item item;

		for (size_t item_at = at + RECORD_HEADER; item_at < end;) {
			if (!journal_item(bytes, end, &item_at, &item))
				return snapshot;
			snapshot |= item.kind == ITEM_SNAPSHOT_END;
		}
		at = end;
		replayed->records++;
		replayed->good = at;
	}
	return snapshot;
}

/* A path from the journal; false: no path that the store has written. */
static bool item_path(const struct journal_item *item, struct wire_path *path)
{
	return wire_path_read(path, (struct text){item->path.bytes, item->path.length}, 0,
			      XENSTORE_ABS_PATH_MAX, true) == 0 &&
	       !path->relative;
}

/* NULL with *error = 0: the item has no permissions. */
static struct perm_list *item_perms(const struct journal_item *item, int *error)
{
	struct perm_list *perms;

	*error = 0;
	if (!item->nr_perms)
		return NULL;
	perms = perm_list_make((const struct store_perm *)(const void *)item->perm_bytes,
			       item->nr_perms);
	if (!perms)
		*error = -ENOMEM;
	return perms;
}

static int replay_edit(struct store *store, const struct journal_item *item)
{
	struct changes changes = {0};
	struct wire_path path;
	struct edit edit = {
		.kind = (enum edit_kind)item->edit,
		.value = item->value.bytes,
		.value_length = item->value.length,
	};
	int error;

	if (!item_path(item, &path))
		return 0;
	edit.path = path.text;
	edit.path_length = (uint32_t)path.length;
	edit.perms = item_perms(item, &error);
	if (!error)
		error = edit_apply(&store->tree, &changes, &edit);
	tree_commit(&store->tree, &changes);
	perm_list_put(edit.perms);
	return error == -ENOMEM ? error : 0;
}

static int replay_node(struct store *store, const struct journal_item *item)
{
	struct journal_item edit = *item;
	struct wire_path path;
	struct store_node *node;
	int error;

	if (!item_path(item, &path))
		return 0;
	node = tree_find(&store->tree, path.text, path.length);
	edit.edit = node ? EDIT_VALUE : EDIT_CREATE;
	error = replay_edit(store, &edit);
	if (!error && node) {
		edit.edit = EDIT_PERMS;
		error = replay_edit(store, &edit);
	}
	node = tree_find(&store->tree, path.text, path.length);
	if (node)
		node->permission_generation = item->number;
	return error;
}

static int replay_introduce(struct store *store, struct account *account,
			    const struct journal_item *item)
{
	if (account->connection)
		connection_close(store, account->connection);
	account->connection = connection_open(store, account->domid);
	if (!account->connection)
		return -ENOMEM;
	account->connection->journaled = true;
	account->connection->consumer = item->consumer;
	account->connection->producer = item->producer;
	account->introduced = true;
	account->frame = item->number;
	account->port = item->port;
	return 0;
}

static int replay_output(struct connection *connection, const struct journal_item *item)
{
	struct out_queue *out = &connection->out;
	size_t length = item->value.length;
	char *bytes;

	if (out->tail + length > REPLAY_OUT_MOST && out->tail) {
		/* Surely sent long ago: the client reads on, or nothing new is made for it. */
		size_t old = length < out->tail ? length : out->tail;

		if (out->tail - old + length > REPLAY_OUT_MOST)
			old = out->tail;
		connection->producer += (uint32_t)old;
		memmove(out->bytes, out->bytes + old, out->tail - old);
		out->tail -= old;
	}
	if (out->tail + length > out->room) {
		bytes = realloc(out->bytes, out->tail + length);
		if (!bytes)
			return -ENOMEM;
		out->bytes = bytes;
		out->room = out->tail + length;
	}
	if (length)
		memcpy(out->bytes + out->tail, item->value.bytes, length);
	out->tail += length;
	return 0;
}

static void replay_input(struct connection *connection, const struct journal_item *item)
{
	connection->consumer = item->consumer;
	if (item->kind == ITEM_CONSUMED) {
		connection->in_length = 0;
	} else if (item->value.length <= sizeof(connection->in) - connection->in_length) {
		memcpy(connection->in + connection->in_length, item->value.bytes,
		       item->value.length);
		connection->in_length += item->value.length;
	}
}

static int replay_watch(struct store *store, struct account *account,
			const struct journal_item *item)
{
	struct connection *connection = account->connection;
	struct text token = {item->value.bytes, item->value.length};
	struct wire_path path;
	struct watch *watch;
	size_t bytes;

	if (!item_path(item, &path) || item->number > path.length)
		return 0;
	path.relative = item->number;
	bytes = sizeof(*watch) + path.length + token.length;
	watch = watch_find(&store->watches, &connection->watches, &path, token);
	if (item->kind == ITEM_UNWATCH && watch) {
		watch_remove(&store->watches, watch);
		account->watches--;
		account->bytes -= bytes;
	} else if (item->kind == ITEM_WATCH && !watch) {
		if (!watch_add(&store->watches, &connection->watches, &path, token, item->port,
			       true))
			return -ENOMEM;
		account->watches++;
		account->bytes += bytes;
	}
	return 0;
}

static void forget_transaction(struct account *account, uint32_t id)
{
	struct connection *connection = account->connection;
	struct transaction **place = &connection->transactions, *found;

	while (*place && (*place)->id != id)
		place = &(*place)->next;
	found = *place;
	if (!found)
		return;
	*place = found->next;
	account->bytes -= found->bytes;
	account->transactions--;
	connection->nr_transactions--;
	txn_free(found);
}

static int replay_transaction(struct store *store, struct account *account,
			      const struct journal_item *item)
{
	struct connection *connection = account->connection;
	struct transaction *transaction;

	forget_transaction(account, item->port);
	if (item->kind == ITEM_FINISH)
		return 0;
	transaction = txn_start(&store->tree, item->port);
	if (!transaction)
		return -ENOMEM;
	transaction->doomed = true;
	transaction->next = connection->transactions;
	connection->transactions = transaction;
	connection->last_transaction = item->port;
	connection->nr_transactions++;
	account->transactions++;
	account->bytes += transaction->bytes;
	return 0;
}

static void replay_reset(struct store *store, struct account *account)
{
	struct watch_owner *owner = &account->connection->watches;

	for (struct watch *watch = owner->first; watch; watch = watch->next)
		account->bytes -= sizeof(*watch) + watch->path_length + watch->token_length;
	account->watches -= owner->nr_watches;
	watch_remove_all(&store->watches, owner);
}

static int replay_of_ring(struct store *store, struct account *account,
			  const struct journal_item *item)
{
	struct connection *connection = account->connection;

	if (!connection)
		return 0;
	switch (item->kind) {
	case ITEM_RELEASE:
		connection_close(store, connection);
		account->connection = NULL;
		account->introduced = false;
		return 0;
	case ITEM_INPUT:
	case ITEM_CONSUMED:
		replay_input(connection, item);
		return 0;
	case ITEM_OUTPUT:
		return replay_output(connection, item);
	case ITEM_WATCH:
	case ITEM_UNWATCH:
		return replay_watch(store, account, item);
	case ITEM_BEGIN:
	case ITEM_FINISH:
		return replay_transaction(store, account, item);
	case ITEM_RESET:
		replay_reset(store, account);
		return 0;
	default:
		return 0;
	}
}

static void replay_quota(struct store *store, const struct journal_item *item)
{
	struct account *account = NULL;

	if (item->port >= NR_QUOTAS)
		return;
	if (item->domid == DOMID_NONE) {
		store->accounts.quota[item->port] = (uint32_t)item->number;
		return;
	}
	account = account_get(&store->accounts, item->domid);
	if (account) {
		account->quota_own[item->port] = true;
		account->quota[item->port] = (uint32_t)item->number;
	}
}

static int replay_of_domain(struct store *store, const struct journal_item *item)
{
	struct account *account = account_get(&store->accounts, item->domid);

	if (!account)
		return -ENOMEM;
	switch (item->kind) {
	case ITEM_INTRODUCE:
		return replay_introduce(store, account, item);
	case ITEM_GONE:
		account->died = item->number;
		account->target = DOMID_NONE;
		account->introduced = account->shut_down = false;
		memset(account->quota_own, 0, sizeof(account->quota_own));
		if (store->tree.generation < item->number)
			store->tree.generation = item->number;
		return 0;
	case ITEM_TARGET:
		account->target = (uint16_t)item->port;
		return 0;
	case ITEM_SHUT_DOWN:
		account->shut_down = item->port != 0;
		return 0;
	default:
		return replay_of_ring(store, account, item);
	}
}

static int replay_item(struct store *store, const struct journal_item *item)
{
	switch (item->kind) {
	case ITEM_EDIT:
		return replay_edit(store, item);
	case ITEM_NODE:
		return replay_node(store, item);
	case ITEM_QUOTA:
		replay_quota(store, item);
		return 0;
	case ITEM_SNAPSHOT_END:
		if (store->tree.generation < item->number)
			store->tree.generation = item->number;
		return 0;
	default:
		return replay_of_domain(store, item);
	}
}

int store_replay(struct store *store, const char *bytes, size_t length, struct replayed *replayed)
{
	size_t at = JOURNAL_HEADER;
	int error = 0;

	*replayed = (struct replayed){0};
	if (!scan(bytes, length, replayed))
		return -ENODATA;
	store->replaying = true;
	while (at < replayed->good && !error) {
		uint32_t items;
		size_t end;

		memcpy(&items, bytes + at, sizeof(items));
		end = at + RECORD_HEADER + items;
		for (at += RECORD_HEADER; at < end && !error;) {
			struct journal_item item;

			if (journal_item(bytes, end, &at, &item))
				error = replay_item(store, &item);
		}
	}
	record_clear(&store->record);
	store->replaying = false;
	return error;
}
