/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/snapshot.c - the whole store as journal records.  See replay.h. */
#include <errno.h>

#include "dom0-tools/stored/replay.h"

#define SNAPSHOT_RECORD (64u << 10) /* bytes after which a record is handed over */

struct snapshot {
	struct record record;
	int (*write)(void *context, struct record *record);
	void *context;
	int error;
};

static void flush(struct snapshot *snapshot)
{
	if (!snapshot->error && snapshot->record.failed)
		snapshot->error = -ENOMEM;
	if (!snapshot->error && !record_empty(&snapshot->record))
		snapshot->error = snapshot->write(snapshot->context, &snapshot->record);
	record_clear(&snapshot->record);
}

static void add(struct snapshot *snapshot, const struct journal_item *item)
{
	record_add(&snapshot->record, item);
	if (snapshot->record.length >= SNAPSHOT_RECORD)
		flush(snapshot);
}

static void add_account(struct snapshot *snapshot, const struct account *account)
{
	uint16_t domid = account->domid;

	if (account->died)
		add(snapshot, &(struct journal_item){
				      .kind = ITEM_GONE, .domid = domid, .number = account->died});
	if (account->target != DOMID_NONE)
		add(snapshot, &(struct journal_item){.kind = ITEM_TARGET,
						     .domid = domid,
						     .port = account->target});
	if (account->shut_down)
		add(snapshot,
		    &(struct journal_item){.kind = ITEM_SHUT_DOWN, .domid = domid, .port = 1});
	for (uint32_t i = 0; i < NR_QUOTAS; i++) {
		if (account->quota_own[i])
			add(snapshot, &(struct journal_item){.kind = ITEM_QUOTA,
							     .domid = domid,
							     .port = i,
							     .number = account->quota[i]});
	}
}

static void add_nodes(struct snapshot *snapshot, const struct tree *tree, struct store_node *top)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];

	for (struct store_node *node = top; node; node = tree_next(top, node)) {
		size_t length = tree_path(tree, node, path, sizeof(path));

		if (node == tree->special)
			continue;
		add(snapshot, &(struct journal_item){
				      .kind = ITEM_NODE,
				      .path = {path, (uint32_t)length},
				      .value = {node->value, node->value_length},
				      .perms = node->perms,
				      .number = node->permission_generation,
			      });
	}
}

static void add_ring(struct snapshot *snapshot, const struct account *account)
{
	const struct connection *connection = account->connection;
	uint16_t domid = account->domid;

	add(snapshot, &(struct journal_item){
			      .kind = ITEM_INTRODUCE,
			      .domid = domid,
			      .number = account->frame,
			      .port = account->port,
			      .consumer = connection->consumer,
			      .producer = connection->producer,
		      });
	if (connection->in_length)
		add(snapshot, &(struct journal_item){
				      .kind = ITEM_INPUT,
				      .domid = domid,
				      .consumer = connection->consumer,
				      .value = {connection->in, (uint32_t)connection->in_length},
			      });
	if (connection->out.tail > connection->out.head)
		add(snapshot,
		    &(struct journal_item){
			    .kind = ITEM_OUTPUT,
			    .domid = domid,
			    .value = {connection->out.bytes + connection->out.head,
				      (uint32_t)(connection->out.tail - connection->out.head)},
		    });
	for (const struct watch *watch = connection->watches.first; watch; watch = watch->next)
		add(snapshot, &(struct journal_item){
				      .kind = ITEM_WATCH,
				      .domid = domid,
				      .path = {watch->path, watch->path_length},
				      .value = {watch->token, watch->token_length},
				      .number = watch->relative,
				      .port = watch->depth,
			      });
	for (const struct transaction *each = connection->transactions; each; each = each->next)
		add(snapshot,
		    &(struct journal_item){.kind = ITEM_BEGIN, .domid = domid, .port = each->id});
}

int store_snapshot(struct store *store, int (*write)(void *context, struct record *record),
		   void *context)
{
	struct snapshot snapshot = {.write = write, .context = context};
	const struct account *account;

	for (uint32_t i = 0; i < NR_QUOTAS; i++)
		add(&snapshot, &(struct journal_item){.kind = ITEM_QUOTA,
						      .domid = DOMID_NONE,
						      .port = i,
						      .number = store->accounts.quota[i]});
	for (account = store->accounts.all; account; account = account->next)
		add_account(&snapshot, account);
	add_nodes(&snapshot, &store->tree, store->tree.root);
	add_nodes(&snapshot, &store->tree, store->tree.special);
	for (account = store->accounts.all; account; account = account->next) {
		if (account->introduced && account->connection)
			add_ring(&snapshot, account);
	}
	add(&snapshot,
	    &(struct journal_item){.kind = ITEM_SNAPSHOT_END, .number = store->tree.generation});
	flush(&snapshot);
	record_free(&snapshot.record);
	return snapshot.error;
}
