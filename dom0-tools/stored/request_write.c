/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/request_write.c - requests that change nodes.  See store.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/stored/request.h"

/* The edits of one request outside of a transaction, in an array that ends with kind 0. */
static const struct edit *next_in_array(const struct edit *edit)
{
	return edit[1].kind ? edit + 1 : NULL;
}

/* `edits` ends with an entry of kind 0. */
static int make_edits(struct request *request, const struct edit *edits)
{
	int error = 0;

	if (!request->view.transaction) {
		error = request_room(request);
		return error ? error
			     : store_apply(request->store, request->account, edits, next_in_array);
	}
	for (; edits->kind && !error; edits++)
		error = txn_add(&request->view, edits);
	return error;
}

/* What a guest may still have, as far as it can be said before the end of a transaction. */
static int check_quota(struct request *request, size_t value, uint32_t perms, uint32_t created)
{
	const struct accounts *accounts = &request->store->accounts;
	const struct transaction *transaction = request->view.transaction;
	const struct account *account = request->account;

	if (!account_allows(accounts, account, QUOTA_NODE_SIZE, value + 4ul * perms, 0) ||
	    !account_allows(accounts, account, QUOTA_MEMORY, account->bytes, value))
		return -ENOSPC;
	if (transaction && !transaction->removed &&
	    !account_allows(accounts, account, QUOTA_NODES, account->nodes,
			    transaction->created + created))
		return -ENOSPC;
	return 0;
}

/* What a new node's list is: its parent's, but guests own what they make. */
static struct perm_list *inherit(const struct request *request, const struct node_view *parent)
{
	struct perm_list *perms;

	if (request->connection->privileged)
		return perm_list_get((struct perm_list *)parent->perms);
	perms = perm_list_make(parent->perms->entry, parent->perms->count);
	if (perms)
		perms->entry[0].domid = request->connection->watches.domid;
	return perms;
}

/* Where the names of `path` that are not there begin, and the parent of the first. */
static int find_missing(struct request *request, const struct wire_path *path, size_t *first,
			struct node_view *parent, uint32_t *count)
{
	size_t length = path->length;

	*count = 0;
	do {
		int error;

		*first = length;
		length = wire_parent(path->text, length);
		error = view_look(&request->view, path->text, length, parent);
		if (error)
			return error;
		++*count;
	} while (!parent->present);
	return 0;
}

static int make_nodes(struct request *request, const struct wire_path *path, struct text value)
{
	struct node_view parent;
	struct perm_list *perms;
	struct edit *edits;
	uint32_t count, i = 0;
	size_t first;
	int error = find_missing(request, path, &first, &parent, &count);

	if (!error)
		error = check_quota(request, value.length, parent.perms->count, count);
	if (error)
		return error;
	perms = inherit(request, &parent);
	edits = calloc(count + 1ul, sizeof(*edits));
	if (!perms || !edits) {
		perm_list_put(perms);
		free(edits);
		return -ENOMEM;
	}
	for (size_t end = first;; end++) {
		if (end < path->length && path->text[end] != '/')
			continue;
		edits[i++] = (struct edit){
			.kind = EDIT_CREATE,
			.implied = end < path->length,
			.path = path->text,
			.path_length = (uint32_t)end,
			.perms = perms,
		};
		if (end >= path->length)
			break;
	}
	edits[i - 1].value = value.bytes;
	edits[i - 1].value_length = (uint32_t)value.length;
	error = make_edits(request, edits);
	perm_list_put(perms);
	free(edits);
	return error;
}

/* Nothing but the root and what others may not touch is in the way of a change to `path`. */
static int look_to_change(struct request *request, struct text text, struct wire_path *path,
			  struct node_view *node)
{
	int error = request_path(request, text, path, false);

	return error ? error : request_look(request, path, ACCESS_WRITE, node);
}

int request_write(struct request *request)
{
	struct wire_path path;
	struct node_view node;
	struct text text, value;
	struct edit edits[2] = {{.kind = EDIT_VALUE}};
	int error;

	if (wire_strings(request->payload, request->length, &text, 1, &value) != 1)
		return -EINVAL;
	error = look_to_change(request, text, &path, &node);
	if (error == -ENOENT)
		error = make_nodes(request, &path, value);
	else if (!error) {
		edits[0].path = path.text;
		edits[0].path_length = (uint32_t)path.length;
		edits[0].value = value.bytes;
		edits[0].value_length = (uint32_t)value.length;
		error = check_quota(request, value.length, node.perms->count, 0);
		if (!error)
			error = make_edits(request, edits);
	}
	if (!error)
		request_acknowledge(request);
	return error;
}

int request_mkdir(struct request *request)
{
	struct wire_path path;
	struct node_view node;
	struct text text;
	int error;

	if (!wire_exactly(request->payload, request->length, &text, 1))
		return -EINVAL;
	error = look_to_change(request, text, &path, &node);
	if (error == -ENOENT)
		error = make_nodes(request, &path, (struct text){0});
	if (!error)
		request_acknowledge(request);
	return error;
}

int request_rm(struct request *request)
{
	struct wire_path path;
	struct node_view node, parent;
	struct text text;
	struct edit edits[2] = {{.kind = EDIT_REMOVE}};
	int error;

	if (!wire_exactly(request->payload, request->length, &text, 1))
		return -EINVAL;
	error = look_to_change(request, text, &path, &node);
	if (!error && path.length == 1)
		return -EINVAL;
	if (error == -ENOENT) {
		/* What is not there is removed already, if it could be there. */
		error = view_look(&request->view, path.text, wire_parent(path.text, path.length),
				  &parent);
		if (!error && !parent.present)
			error = -ENOENT;
	} else if (!error) {
		edits[0].path = path.text;
		edits[0].path_length = (uint32_t)path.length;
		error = make_edits(request, edits);
	}
	if (!error)
		request_acknowledge(request);
	return error;
}

/* Only the owner may, and only domain 0 may give a node away. */
static int may_set_perms(const struct request *request, const struct node_view *node,
			 const struct store_perm *entries)
{
	uint16_t owner = node->perms->entry[0].domid, self = request->connection->watches.domid;

	if (request->connection->privileged)
		return 0;
	if (owner != self && owner != request->account->target)
		return -EACCES;
	return entries[0].domid == owner ? 0 : -EPERM;
}

int request_set_perms(struct request *request)
{
	struct store_perm entries[WIRE_PERMS_MAX];
	struct wire_path path;
	struct node_view node;
	struct text text, rest;
	struct edit edits[2] = {{.kind = EDIT_PERMS}};
	int count, error;

	if (wire_strings(request->payload, request->length, &text, 1, &rest) != 1)
		return -EINVAL;
	count = wire_perms_read(rest, entries);
	if (count < 0)
		return count;
	if (!account_allows(&request->store->accounts, request->account, QUOTA_PERMISSIONS,
			    (uint64_t)count, 0))
		return -ENOSPC;
	error = request_path(request, text, &path, true);
	if (!error)
		error = request_look(request, &path, ACCESS_WRITE, &node);
	if (!error)
		error = may_set_perms(request, &node, entries);
	if (!error)
		error = check_quota(request, node.value_length, (uint32_t)count, 0);
	if (error)
		return error;
	edits[0].path = path.text;
	edits[0].path_length = (uint32_t)path.length;
	edits[0].perms = perm_list_make(entries, (size_t)count);
	error = edits[0].perms ? make_edits(request, edits) : -ENOMEM;
	perm_list_put(edits[0].perms);
	if (!error)
		request_acknowledge(request);
	return error;
}
