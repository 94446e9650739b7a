/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/request_watch.c - watches and transactions as requests.  See store.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/request.h"

static size_t watch_bytes(const struct watch *watch)
{
	return sizeof(*watch) + watch->path_length + watch->token_length;
}

static void record_watch(struct request *request, enum journal_item_kind kind,
			 const struct wire_path *path, struct text token, uint32_t depth)
{
	if (!request->connection->journaled)
		return;
	record_add(&request->store->record, &(struct journal_item){
						    .kind = kind,
						    .domid = request->connection->watches.domid,
						    .path = {path->text, (uint32_t)path->length},
						    .value = {token.bytes, (uint32_t)token.length},
						    .number = path->relative,
						    .port = depth,
					    });
}

/* <path> <token> and, if the client likes, how many levels below the path count. */
int request_watch(struct request *request)
{
	struct store *store = request->store;
	struct account *account = request->account;
	struct watch_owner *owner = &request->connection->watches;
	struct text text[3], rest;
	struct wire_path path;
	uint64_t depth = WATCH_DEPTH_ANY;
	struct watch *watch;
	size_t count = wire_strings(request->payload, request->length, text, 3, &rest);
	int error;

	if (count < 2 || rest.length)
		return -EINVAL;
	error = request_path(request, text[0], &path, true);
	if (!error && count == 3)
		error = wire_number(text[2], UINT32_MAX, &depth);
	if (error)
		return error;
	if (watch_find(&store->watches, owner, &path, text[1]))
		return -EEXIST;
	error = request->connection->journaled ? request_room(request) : 0;
	if (error)
		return error;
	if (!account_allows(&store->accounts, account, QUOTA_WATCHES, account->watches, 1) ||
	    !account_allows(&store->accounts, account, QUOTA_MEMORY, account->bytes,
			    path.length + text[1].length))
		return -E2BIG;
	watch = watch_add(&store->watches, owner, &path, text[1], (uint32_t)depth, true);
	if (!watch)
		return -ENOMEM;
	account->watches++;
	account->bytes += watch_bytes(watch);
	record_watch(request, ITEM_WATCH, &path, text[1], (uint32_t)depth);
	request_acknowledge(request);
	watch_fire_one(&store->watches, watch);
	return 0;
}

int request_unwatch(struct request *request)
{
	struct store *store = request->store;
	struct text text[2];
	struct wire_path path;
	struct watch *watch;
	int error;

	if (!wire_exactly(request->payload, request->length, text, 2))
		return -EINVAL;
	error = request_path(request, text[0], &path, true);
	if (error)
		return error;
	watch = watch_find(&store->watches, &request->connection->watches, &path, text[1]);
	if (!watch)
		return -ENOENT;
	request->account->watches--;
	request->account->bytes -= watch_bytes(watch);
	watch_remove(&store->watches, watch);
	record_watch(request, ITEM_UNWATCH, &path, text[1], 0);
	request_acknowledge(request);
	return 0;
}

/* A domain's kernel starts anew: nothing of its forerunner's may disturb it. */
int request_reset_watches(struct request *request)
{
	struct watch_owner *owner = &request->connection->watches;
	struct connection *connection = request->connection;

	for (struct watch *watch = owner->first; watch; watch = watch->next)
		request->account->bytes -= watch_bytes(watch);
	request->account->watches -= owner->nr_watches;
	watch_remove_all(&request->store->watches, owner);
	while (connection->transactions)
		request_drop_transaction(request, connection->transactions);
	if (connection->journaled)
		record_add(&request->store->record,
			   &(struct journal_item){.kind = ITEM_RESET, .domid = owner->domid});
	request_acknowledge(request);
	return 0;
}

static void record_transaction(struct request *request, enum journal_item_kind kind, uint32_t id)
{
	if (request->connection->journaled)
		record_add(&request->store->record,
			   &(struct journal_item){
				   .kind = kind,
				   .domid = request->connection->watches.domid,
				   .port = id,
			   });
}

static bool transaction_known(const struct connection *connection, uint32_t id)
{
	for (const struct transaction *each = connection->transactions; each; each = each->next) {
		if (each->id == id)
			return true;
	}
	return false;
}

int request_transaction_start(struct request *request)
{
	struct connection *connection = request->connection;
	struct account *account = request->account;
	struct transaction *transaction;
	char reply[16];
	int length;

	if (request->view.transaction)
		return -EBUSY;
	if (!account_allows(&request->store->accounts, account, QUOTA_TRANSACTIONS,
			    account->transactions, 1))
		return -ENOSPC;
	if (connection->journaled && request_room(request))
		return -ENOSPC;
	do {
		connection->last_transaction++;
	} while (!connection->last_transaction ||
		 transaction_known(connection, connection->last_transaction));
	transaction = txn_start(&request->store->tree, connection->last_transaction);
	if (!transaction)
		return -ENOMEM;
	transaction->next = connection->transactions;
	connection->transactions = transaction;
	connection->nr_transactions++;
	account->transactions++;
	account->bytes += transaction->bytes;
	record_transaction(request, ITEM_BEGIN, transaction->id);
	length = snprintf(reply, sizeof(reply), "%u", transaction->id);
	request_reply(request, reply, (size_t)length + 1);
	return 0;
}

void request_drop_transaction(struct request *request, struct transaction *transaction)
{
	struct connection *connection = request->connection;
	struct transaction **place = &connection->transactions;

	while (*place != transaction)
		place = &(*place)->next;
	*place = transaction->next;
	connection->nr_transactions--;
	request->account->transactions--;
	request->account->bytes -= transaction->bytes;
	record_transaction(request, ITEM_FINISH, transaction->id);
	txn_free(transaction);
}

static int commit(struct request *request, const struct transaction *transaction)
{
	struct store *store = request->store;
	int error = txn_verify(transaction, &store->tree);

	if (!error && txn_first(transaction))
		error = request_room(request);
	if (!error && txn_first(transaction))
		error = store_apply(store, request->account, txn_first(transaction), txn_next);
	store->conflicts += error == -EAGAIN;
	return error;
}

int request_transaction_end(struct request *request)
{
	struct transaction *transaction = request->view.transaction;
	struct text text;
	int error = 0;

	if (!wire_exactly(request->payload, request->length, &text, 1) || text.length != 1 ||
	    (text.bytes[0] != 'T' && text.bytes[0] != 'F'))
		return -EINVAL;
	if (!transaction)
		return -ENOENT;
	if (text.bytes[0] == 'T')
		error = commit(request, transaction);
	request_drop_transaction(request, transaction);
	if (!error)
		request_acknowledge(request);
	return error;
}
