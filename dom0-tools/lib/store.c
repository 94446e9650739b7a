/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store.c - reading, writing, listing, permissions, over libxenstore.
 * store_watch.c has what is not about single nodes: transactions, domains, watches.
 */
#include "dom0-tools/lib/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "dom0-tools/lib/store_handle.h"
#include "dom0-tools/lib/text.h"

int store_failed(int error, const char *path, const char *what, struct failure *failure)
{
	const char *remedy = "";

	switch (error) {
	case EPIPE:
	case ECONNRESET:
	case EBADF:
		remedy = "see that enso-stored runs";
		break;
	case EACCES:
		remedy = "run this in dom0 as root";
		break;
	case ENOSPC:
	case EDQUOT:
		remedy = "the owner of this part of the store has used up its quota";
		break;
	}
	return failure_set(failure, error, "store", remedy, "cannot %s %s: %s", what, path,
			   strerror(error));
}

/* Writes the path into `path`; false when it is too long. */
static bool format_path(char path[STORE_PATH_MAX], const char *format, va_list arguments)
{
	int length = vsnprintf(path, STORE_PATH_MAX, format, arguments);

	return length >= 0 && length < STORE_PATH_MAX;
}

static int path_too_long(const char *what, struct failure *failure)
{
	return store_failed(ENAMETOOLONG, "a path", what, failure);
}

/* Begins a function with a formatted path. */
#define PATH_FROM_ARGUMENTS(what)                                                                  \
	char path[STORE_PATH_MAX];                                                                 \
	va_list arguments;                                                                         \
	bool fits;                                                                                 \
                                                                                                   \
	va_start(arguments, path_format);                                                          \
	fits = format_path(path, path_format, arguments);                                          \
	va_end(arguments);                                                                         \
	if (!fits)                                                                                 \
	return path_too_long(what, failure)

int store_read_bytes(struct store *store, store_transaction_t transaction, char **value,
		     size_t *bytes, struct failure *failure, const char *path)
{
	unsigned int length;

	*value = xs_read(store->connection, transaction, path, &length);
	if (!*value)
		return store_failed(store_error(store), path, "read", failure);
	*bytes = length;
	return 0;
}

int store_read(struct store *store, store_transaction_t transaction, char **value,
	       struct failure *failure, const char *path_format, ...)
{
	size_t bytes;

	PATH_FROM_ARGUMENTS("read");
	return store_read_bytes(store, transaction, value, &bytes, failure, path);
}

int store_read_number(struct store *store, store_transaction_t transaction, uint64_t *number,
		      struct failure *failure, const char *path_format, ...)
{
	char *value;
	size_t bytes;
	int result;
	bool is_number;

	PATH_FROM_ARGUMENTS("read");
	result = store_read_bytes(store, transaction, &value, &bytes, failure, path);
	if (result)
		return result;
	is_number = text_parse_number(value, 0, UINT64_MAX, number);
	free(value);
	return is_number ? 0
			 : failure_set(failure, EINVAL, "store", NULL, "%s is not a number", path);
}

int store_write_bytes(struct store *store, store_transaction_t transaction, const char *path,
		      const void *value, size_t bytes, struct failure *failure)
{
	if (bytes > STORE_PAYLOAD_MAX)
		return store_failed(E2BIG, path, "write", failure);
	if (!xs_write(store->connection, transaction, path, value, bytes))
		return store_failed(store_error(store), path, "write", failure);
	return 0;
}

int store_write(struct store *store, store_transaction_t transaction, const char *path,
		struct failure *failure, const char *value_format, ...)
{
	char value[STORE_PAYLOAD_MAX];
	va_list arguments;
	int length;

	va_start(arguments, value_format);
	length = vsnprintf(value, sizeof(value), value_format, arguments);
	va_end(arguments);
	if (length < 0 || length >= (int)sizeof(value))
		return store_failed(E2BIG, path, "write", failure);
	return store_write_bytes(store, transaction, path, value, length, failure);
}

int store_make(struct store *store, store_transaction_t transaction, struct failure *failure,
	       const char *path_format, ...)
{
	PATH_FROM_ARGUMENTS("make");
	if (!xs_mkdir(store->connection, transaction, path))
		return store_failed(store_error(store), path, "make", failure);
	return 0;
}

int store_remove(struct store *store, store_transaction_t transaction, struct failure *failure,
		 const char *path_format, ...)
{
	PATH_FROM_ARGUMENTS("remove");
	if (!xs_rm(store->connection, transaction, path) && errno != ENOENT)
		return store_failed(store_error(store), path, "remove", failure);
	return 0;
}

int store_exists(struct store *store, store_transaction_t transaction, struct failure *failure,
		 const char *path_format, ...)
{
	unsigned int length;
	char *value;

	PATH_FROM_ARGUMENTS("read");
	value = xs_read(store->connection, transaction, path, &length);
	if (!value)
		return errno == ENOENT ? 0
				       : store_failed(store_error(store), path, "read", failure);
	free(value);
	return 1;
}

int store_list(struct store *store, store_transaction_t transaction, char ***names, size_t *count,
	       struct failure *failure, const char *path_format, ...)
{
	unsigned int number;

	PATH_FROM_ARGUMENTS("list");
	*count = 0;
	*names = xs_directory(store->connection, transaction, path, &number);
	if (!*names)
		return store_failed(store_error(store), path, "list", failure);
	*count = number;
	return 0;
}

#define PERMISSIONS_MAX 16

int store_set_permissions(struct store *store, store_transaction_t transaction,
			  const struct store_permission *permissions, size_t count,
			  struct failure *failure, const char *path_format, ...)
{
	struct xs_permissions wire[PERMISSIONS_MAX];

	PATH_FROM_ARGUMENTS("set the permissions of");
	if (count > PERMISSIONS_MAX)
		return store_failed(E2BIG, path, "set the permissions of", failure);
	for (size_t i = 0; i < count; i++) {
		wire[i].id = permissions[i].domid;
		wire[i].perms = (permissions[i].read ? XS_PERM_READ : 0) |
				(permissions[i].write ? XS_PERM_WRITE : 0);
	}
	if (!xs_set_permissions(store->connection, transaction, path, wire, count))
		return store_failed(store_error(store), path, "set the permissions of", failure);
	return 0;
}

int store_get_permissions(struct store *store, store_transaction_t transaction,
			  struct store_permission **permissions, size_t *count,
			  struct failure *failure, const char *path_format, ...)
{
	struct xs_permissions *wire;
	unsigned int number;

	PATH_FROM_ARGUMENTS("read the permissions of");
	wire = xs_get_permissions(store->connection, transaction, path, &number);
	if (!wire)
		return store_failed(store_error(store), path, "read the permissions of", failure);
	*permissions = calloc(number + 1, sizeof(**permissions));
	if (*permissions) {
		for (unsigned int i = 0; i < number; i++)
			(*permissions)[i] = (struct store_permission){
				wire[i].id,
				wire[i].perms & XS_PERM_READ,
				wire[i].perms & XS_PERM_WRITE,
			};
		*count = number;
	}
	free(wire);
	return *permissions ? 0 : store_failed(ENOMEM, path, "read the permissions of", failure);
}
