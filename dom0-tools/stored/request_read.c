/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/request_read.c - requests that look at nodes.  See store.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/request.h"

/* The nearest node at or above the path that is there: its rights are those of what is not. */
static int look_upward(struct request *request, const char *path, size_t length,
		       struct node_view *node)
{
	int error;

	while (!(error = view_look(&request->view, path, length, node)) && !node->present)
		length = wire_parent(path, length);
	return error;
}

unsigned int request_access(const struct request *request, const struct node_view *node)
{
	return perms_access(&request->store->accounts, node->perms, node->permission_generation,
			    request->connection->watches.domid);
}

int request_look(struct request *request, const struct wire_path *path, unsigned int access,
		 struct node_view *node)
{
	struct node_view above;
	int error = view_look(&request->view, path->text, path->length, node);

	if (error)
		return error;
	if (node->present)
		return (request_access(request, node) & access) == access ? 0 : -EACCES;
	if (path->text[0] == '@')
		return -ENOENT;
	error = look_upward(request, path->text, path->length, &above);
	if (error)
		return error;
	return (request_access(request, &above) & access) == access ? -ENOENT : -EACCES;
}

/* The one string of a request is a path; it is read with `access`. */
static int look_at_only(struct request *request, struct wire_path *path, struct node_view *node)
{
	struct text text;
	int error;

	if (!wire_exactly(request->payload, request->length, &text, 1))
		return -EINVAL;
	error = request_path(request, text, path, false);
	return error ? error : request_look(request, path, ACCESS_READ, node);
}

int request_read(struct request *request)
{
	struct wire_path path;
	struct node_view node;
	int error = look_at_only(request, &path, &node);

	if (error)
		return error;
	if (node.value_length > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	request_reply(request, node.value, node.value_length);
	return 0;
}

/* Names with their NULs, from byte `skip` of the whole list, as many as fit whole. */
struct names {
	char bytes[XENSTORE_PAYLOAD_MAX];
	size_t length, skip, room;
	uint64_t offset; /* of the list so far     */
	bool full, cut;	 /* cut: something was left */
};

static void add_name(void *context, const char *name, size_t length)
{
	struct names *names = context;
	size_t skip = names->offset < names->skip ? names->skip - names->offset : 0;

	names->offset += length + 1;
	if (skip > length || names->cut)
		return;
	if (names->length + length + 1 - skip > names->room) {
		names->cut = true;
		return;
	}
	memcpy(names->bytes + names->length, name + skip, length - skip);
	names->length += length - skip;
	names->bytes[names->length++] = '\0';
}

int request_directory(struct request *request)
{
	struct wire_path path;
	struct node_view node;
	struct names names = {.room = XENSTORE_PAYLOAD_MAX};
	int error = look_at_only(request, &path, &node);

	if (error)
		return error;
	if (!node.entry && node.base->children_bytes > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	error = view_list(&request->view, &node, add_name, &names);
	if (error)
		return error;
	if (names.cut)
		return -E2BIG;
	request_reply(request, names.bytes, names.length);
	return 0;
}

int request_directory_part(struct request *request)
{
	struct names names = {0};
	struct text text[2];
	struct wire_path path;
	struct node_view node;
	uint64_t offset;
	char reply[XENSTORE_PAYLOAD_MAX];
	size_t length;
	int error;

	if (!wire_exactly(request->payload, request->length, text, 2))
		return -EINVAL;
	error = request_path(request, text[0], &path, false);
	if (!error)
		error = wire_number(text[1], UINT32_MAX, &offset);
	if (!error)
		error = request_look(request, &path, ACCESS_READ, &node);
	if (error)
		return error;
	length = (size_t)snprintf(reply, sizeof(reply), "%llu",
				  (unsigned long long)(node.base ? node.base->children_generation
								 : node.generation)) +
		 1;
	names.skip = offset;
	names.room = sizeof(reply) - length - 1;
	error = view_list(&request->view, &node, add_name, &names);
	if (error)
		return error;
	memcpy(reply + length, names.bytes, names.length);
	length += names.length;
	if (!names.cut)
		reply[length++] = '\0';
	request_reply(request, reply, length);
	return 0;
}

int request_get_perms(struct request *request)
{
	struct wire_path path;
	struct node_view node;
	char reply[XENSTORE_PAYLOAD_MAX];
	int length, error = look_at_only(request, &path, &node);

	if (error)
		return error;
	length = wire_perms_write(node.perms, reply, sizeof(reply));
	if (length < 0)
		return length;
	request_reply(request, reply, (size_t)length);
	return 0;
}
