/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/connection.c - clients: messages in, replies and events out.  See store.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/store.h"

enum op_who { ANY, PRIVILEGED };
enum op_what { READS, CHANGES };

static const struct {
	int (*handle)(struct request *request);
	enum op_who who;
	enum op_what what;
} ops[XS_TYPE_COUNT] = {
#define STORE_OP(symbol, name, whom, effect) [symbol] = {request_##name, whom, effect},
#include "dom0-tools/stored/ops.def"
#undef STORE_OP
};

struct account *connection_account(struct store *store, const struct connection *connection)
{
	return account_get(&store->accounts, connection->watches.domid);
}

struct connection *connection_open(struct store *store, uint16_t domid)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->store = store;
	connection->watches.domid = domid;
	connection->privileged = domid == 0;
	connection->watches.most_events =
		domid ? account_quota(&store->accounts, account_find(&store->accounts, domid),
				      QUOTA_EVENTS)
		      : 65536;
	connection->next = store->connections;
	if (store->connections)
		store->connections->previous = connection;
	store->connections = connection;
	return connection;
}

static void leave_dirty(struct store *store, struct connection *connection)
{
	struct connection **place = &store->dirty;

	if (!connection->dirty)
		return;
	while (*place != connection)
		place = &(*place)->next_dirty;
	*place = connection->next_dirty;
	connection->dirty = false;
}

void connection_close(struct store *store, struct connection *connection)
{
	struct account *account = connection_account(store, connection);

	if (account) {
		account->watches -= connection->watches.nr_watches;
		account->transactions -= connection->nr_transactions;
	}
	for (struct watch *watch = connection->watches.first; account && watch; watch = watch->next)
		account->bytes -= sizeof(*watch) + watch->path_length + watch->token_length;
	watch_remove_all(&store->watches, &connection->watches);
	while (connection->transactions) {
		struct transaction *transaction = connection->transactions;

		connection->transactions = transaction->next;
		if (account)
			account->bytes -= transaction->bytes;
		txn_free(transaction);
	}
	leave_dirty(store, connection);
	*(connection->previous ? &connection->previous->next : &store->connections) =
		connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	free(connection->out.bytes);
	free(connection);
}

void connection_mark(struct store *store, struct connection *connection)
{
	if (connection->dirty)
		return;
	connection->dirty = true;
	connection->next_dirty = store->dirty;
	store->dirty = connection;
}

size_t connection_needs(const struct connection *connection)
{
	struct xsd_sockmsg header;

	if (connection->in_length < sizeof(header))
		return sizeof(header);
	memcpy(&header, connection->in, sizeof(header));
	return sizeof(header) + header.len;
}

int connection_ready(const struct connection *connection, bool *ready)
{
	size_t needs = connection_needs(connection);

	*ready = false;
	if (needs > MESSAGE_MAX)
		return -EINVAL;
	*ready = connection->in_length >= sizeof(struct xsd_sockmsg) &&
		 connection->in_length >= needs;
	return 0;
}

bool connection_may_ask(struct store *store, const struct connection *connection)
{
	const struct out_queue *out = &connection->out;

	if (connection->broken || out->tail - out->head > OUT_REQUEST_LIMIT)
		return false;
	return connection->privileged ||
	       out->messages < account_quota(&store->accounts,
					     connection_account(store, connection),
					     QUOTA_OUTSTANDING);
}

/* Room for `length` more bytes; what was sent makes room first. */
static bool out_room(struct out_queue *out, size_t length)
{
	char *more;
	size_t room;

	if (out->head) {
		memmove(out->bytes, out->bytes + out->head, out->tail - out->head);
		out->tail -= out->head;
		out->head = 0;
	}
	if (out->tail + length <= out->room)
		return true;
	room = (out->tail + length) * 2;
	more = realloc(out->bytes, room);
	if (!more)
		return false;
	out->bytes = more;
	out->room = room;
	return true;
}

void connection_send(struct store *store, struct connection *connection, uint32_t type,
		     const struct xsd_sockmsg *request, const void *payload, size_t length)
{
	struct xsd_sockmsg header = {
		.type = type,
		.req_id = request ? request->req_id : 0,
		.tx_id = request ? request->tx_id : 0,
		.len = (uint32_t)length,
	};
	struct out_queue *out = &connection->out;

	if (!out_room(out, sizeof(header) + length)) {
		connection->broken = true;
		connection_mark(store, connection);
		return;
	}
	memcpy(out->bytes + out->tail, &header, sizeof(header));
	if (length)
		memcpy(out->bytes + out->tail + sizeof(header), payload, length);
	if (connection->journaled)
		record_add(&store->record, &(struct journal_item){
						   .kind = ITEM_OUTPUT,
						   .domid = connection->watches.domid,
						   .value = {out->bytes + out->tail,
							     (uint32_t)(sizeof(header) + length)},
					   });
	out->tail += sizeof(header) + length;
	out->messages++;
	connection_mark(store, connection);
}

void connection_pump(struct store *store, struct connection *connection)
{
	char payload[XENSTORE_PAYLOAD_MAX];
	size_t length;

	while (connection->out.tail - connection->out.head < OUT_EVENT_LIMIT &&
	       (length = event_length(&connection->watches)) != 0) {
		char *place = length <= sizeof(payload) ? payload : malloc(length);

		if (!place)
			return;
		event_take(&store->watches, &connection->watches, place);
		/* A path and token that no message holds together are not told. */
		if (length <= sizeof(payload))
			connection_send(store, connection, XS_WATCH_EVENT, NULL, place, length);
		else
			free(place);
	}
}

static struct transaction *find_transaction(struct connection *connection, uint32_t id)
{
	struct transaction *transaction = connection->transactions;

	while (transaction && transaction->id != id)
		transaction = transaction->next;
	return transaction;
}

static bool permitted(const struct connection *connection, uint32_t type, int *error)
{
	if (type >= XS_TYPE_COUNT || !ops[type].handle) {
		*error = -ENOSYS;
		return false;
	}
	if (connection->read_only && ops[type].what == CHANGES) {
		*error = -EROFS;
		return false;
	}
	*error = -EACCES;
	return connection->privileged || ops[type].who == ANY;
}

static int dispatch(struct request *request)
{
	struct store *store = request->store;
	struct connection *connection = request->connection;
	uint32_t type = request->header.type;
	uint64_t bytes;
	int error;

	if (!permitted(connection, type, &error))
		return error;
	request->account = connection_account(store, connection);
	if (!request->account)
		return -ENOMEM;
	request->view.tree = &store->tree;
	request->view.most_entries = connection->privileged
					     ? UINT32_MAX
					     : account_quota(&store->accounts, request->account,
							     QUOTA_TRANSACTION_NODES);
	if (request->header.tx_id) {
		request->view.transaction = find_transaction(connection, request->header.tx_id);
		if (!request->view.transaction)
			return -ENOENT;
	}
	bytes = request->view.transaction ? request->view.transaction->bytes : 0;
	error = ops[type].handle(request);
	/* Looking at nodes makes a transaction grow as well; it may have ended, too. */
	if (bytes && find_transaction(connection, request->header.tx_id))
		request->account->bytes += request->view.transaction->bytes - bytes;
	return error;
}

void connection_handle(struct store *store, struct connection *connection)
{
	struct request request = {.store = store, .connection = connection};
	size_t whole = connection_needs(connection);
	int error;

	memcpy(&request.header, connection->in, sizeof(request.header));
	request.payload = connection->in + sizeof(request.header);
	request.length = request.header.len;
	store->requests++;
	connection->requests++;

	error = dispatch(&request);
	if (error) {
		const char *name = wire_error_name(-error);

		connection_send(store, connection, XS_ERROR, &request.header, name,
				strlen(name) + 1);
	}
	connection->in_length -= whole;
	memmove(connection->in, connection->in + whole, connection->in_length);
}

int request_room(const struct request *request)
{
	const struct store *store = request->store;

	return !store->ports->has_room || store->ports->has_room(request->store) ? 0 : -ENOSPC;
}

void request_reply(struct request *request, const void *payload, size_t length)
{
	connection_send(request->store, request->connection, request->header.type, &request->header,
			payload, length);
}

/* Who watches what it changes itself hears of it before the answer, as from xenstored. */
void request_acknowledge(struct request *request)
{
	connection_pump(request->store, request->connection);
	request_reply(request, "OK", 3);
}

int request_path(struct request *request, struct text text, struct wire_path *path, bool special)
{
	size_t most = request->connection->privileged
			      ? XENSTORE_ABS_PATH_MAX
			      : account_quota(&request->store->accounts, request->account,
					      QUOTA_PATH_MAX);

	return wire_path_read(path, text, request->connection->watches.domid, most, special);
}
