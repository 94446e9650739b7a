/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store.c - reading, writing, listing, permissions.
 * store_watch.c has what is not about single nodes: transactions, domains, watches.
 */
#include "dom0-tools/lib/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/lib/store_handle.h"
#include "dom0-tools/lib/text.h"

int store_failed(int error, const char *path, const char *what, struct failure *failure)
{
	const char *remedy = "";

	switch (error) {
	case EPIPE:
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

int store_ask(struct store *store, uint32_t type, store_transaction_t transaction, const char *path,
	      const void *more, size_t more_bytes, struct store_answer *answer,
	      struct failure *failure)
{
	int result = store_pipe_ask(&store->pipe, type, transaction, path, more, more_bytes, answer,
				    failure);

	store_ring(store);
	return result;
}

int store_demand(struct store *store, uint32_t type, store_transaction_t transaction,
		 const char *what, const char *path, const void *more, size_t more_bytes,
		 struct store_answer *answer, struct failure *failure)
{
	int result = store_ask(store, type, transaction, path, more, more_bytes, answer, failure);

	return result || !answer->error ? result : store_failed(answer->error, path, what, failure);
}

int store_tell(struct store *store, uint32_t type, store_transaction_t transaction,
	       const char *what, const char *path, const void *more, size_t more_bytes,
	       struct failure *failure)
{
	struct store_answer answer;
	int result = store_demand(store, type, transaction, what, path, more, more_bytes, &answer,
				  failure);

	free(answer.text);
	return result;
}

int store_tell_if_there(struct store *store, uint32_t type, store_transaction_t transaction,
			const char *what, const char *path, struct failure *failure)
{
	struct store_answer answer;
	int result = store_ask(store, type, transaction, path, NULL, 0, &answer, failure);

	free(answer.text);
	if (result || answer.error == ENOENT)
		return result;
	return answer.error ? store_failed(answer.error, path, what, failure) : 1;
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
	struct store_answer answer;
	int result =
		store_demand(store, XS_READ, transaction, "read", path, NULL, 0, &answer, failure);

	*value = answer.text;
	*bytes = answer.bytes;
	return result;
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
	return store_tell(store, XS_WRITE, transaction, "write", path, value, bytes, failure);
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
	return store_tell(store, XS_MKDIR, transaction, "make", path, NULL, 0, failure);
}

int store_remove(struct store *store, store_transaction_t transaction, struct failure *failure,
		 const char *path_format, ...)
{
	int result;

	PATH_FROM_ARGUMENTS("remove");
	result = store_tell_if_there(store, XS_RM, transaction, "remove", path, failure);
	return MIN(result, 0);
}

int store_exists(struct store *store, store_transaction_t transaction, struct failure *failure,
		 const char *path_format, ...)
{
	PATH_FROM_ARGUMENTS("read");
	return store_tell_if_there(store, XS_READ, transaction, "read", path, failure);
}

/* Pointers to the texts of `bytes`, and the texts behind them, in one piece of memory. */
static char **split(const char *bytes, size_t count, size_t *number)
{
	size_t texts = 0;
	char **names, *copy;

	for (size_t i = 0; i < count; i++)
		texts += bytes[i] == '\0';
	names = malloc((texts + 1) * sizeof(*names) + count);
	*number = texts;
	if (!names)
		return NULL;
	copy = (char *)(names + texts + 1);
	if (count)
		memcpy(copy, bytes, count);
	for (size_t i = 0; i < texts; i++) {
		names[i] = copy;
		copy += strlen(copy) + 1;
	}
	names[texts] = NULL;
	return names;
}

struct listing {
	char *bytes; /* names, each with its NUL */
	size_t count;
	char generation[24]; /* of the node; what is read of another one does not fit */
	bool complete;
};

/* What follows of a directory that is more than one answer holds: generation, then names. */
static int read_part(struct store *store, store_transaction_t transaction, const char *path,
		     struct listing *listing, struct failure *failure)
{
	char offset[24], *grown, *names;
	struct store_answer answer;
	size_t bytes;
	int result;

	snprintf(offset, sizeof(offset), "%zu", listing->count);
	result = store_demand(store, XS_DIRECTORY_PART, transaction, "list", path, offset,
			      strlen(offset) + 1, &answer, failure);
	if (result)
		return result;
	names = answer.text + strlen(answer.text) + 1;
	bytes = names < answer.text + answer.bytes ? answer.text + answer.bytes - names : 0;
	if (listing->count && strcmp(listing->generation, answer.text) != 0) {
		listing->count = 0; /* it has changed: from its beginning */
		free(answer.text);
		return 0;
	}
	snprintf(listing->generation, sizeof(listing->generation), "%s", answer.text);
	/* The last one ends with a name of no letters. */
	listing->complete = bytes == 0 || names[bytes - 1] != '\0' || names[0] == '\0' ||
			    (bytes > 1 && names[bytes - 2] == '\0');
	bytes -= bytes && listing->complete;
	grown = realloc(listing->bytes, listing->count + bytes + 1);
	if (grown) {
		memcpy(grown + listing->count, names, bytes);
		listing->bytes = grown;
		listing->count += bytes;
	}
	free(answer.text);
	return grown ? 0 : store_failed(ENOMEM, path, "list", failure);
}

int store_list(struct store *store, store_transaction_t transaction, char ***names, size_t *count,
	       struct failure *failure, const char *path_format, ...)
{
	struct store_answer answer;
	struct listing listing = {0};
	int result;

	PATH_FROM_ARGUMENTS("list");
	*count = 0;
	*names = NULL;
	result = store_ask(store, XS_DIRECTORY, transaction, path, NULL, 0, &answer, failure);
	if (result == 0 && answer.error && answer.error != E2BIG)
		result = store_failed(answer.error, path, "list", failure);
	listing.bytes = answer.text;
	listing.count = answer.bytes;
	listing.complete = answer.text != NULL;
	while (result == 0 && !listing.complete)
		result = read_part(store, transaction, path, &listing, failure);
	if (result == 0) {
		*names = split(listing.bytes, listing.count, count);
		if (!*names)
			result = store_failed(ENOMEM, path, "list", failure);
	}
	free(listing.bytes);
	return result;
}

size_t store_put_permissions(char text[STORE_PERMISSIONS_MAX * STORE_PERMISSION_TEXT],
			     const struct store_permission *permissions, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < MIN(count, (size_t)STORE_PERMISSIONS_MAX); i++) {
		const struct store_permission *one = &permissions[i];
		char letter = one->read ? (one->write ? 'b' : 'r') : (one->write ? 'w' : 'n');

		length +=
			snprintf(text + length, STORE_PERMISSION_TEXT, "%c%u", letter, one->domid) +
			1;
	}
	return length;
}

int store_set_permissions(struct store *store, store_transaction_t transaction,
			  const struct store_permission *permissions, size_t count,
			  struct failure *failure, const char *path_format, ...)
{
	static const char what[] = "set the permissions of";
	char text[STORE_PERMISSIONS_MAX * STORE_PERMISSION_TEXT];

	PATH_FROM_ARGUMENTS(what);
	if (count > STORE_PERMISSIONS_MAX)
		return store_failed(E2BIG, path, what, failure);
	return store_tell(store, XS_SET_PERMS, transaction, what, path, text,
			  store_put_permissions(text, permissions, count), failure);
}

/* "r5": false when it is none. */
static bool read_permission(const char *text, struct store_permission *permission)
{
	uint64_t domid;

	if (!*text || !strchr("nrwb", *text) || !text_parse_number(text + 1, 0, UINT32_MAX, &domid))
		return false;
	*permission = (struct store_permission){
		.domid = domid,
		.read = *text == 'r' || *text == 'b',
		.write = *text == 'w' || *text == 'b',
	};
	return true;
}

int store_get_permissions(struct store *store, store_transaction_t transaction,
			  struct store_permission **permissions, size_t *count,
			  struct failure *failure, const char *path_format, ...)
{
	static const char what[] = "read the permissions of";
	struct store_answer answer;
	size_t number, good = 0;
	char **words;
	int result;

	PATH_FROM_ARGUMENTS(what);
	result = store_demand(store, XS_GET_PERMS, transaction, what, path, NULL, 0, &answer,
			      failure);
	if (result)
		return result;
	words = split(answer.text, answer.bytes, &number);
	free(answer.text);
	*permissions = words ? calloc(number + 1, sizeof(**permissions)) : NULL;
	while (*permissions && good < number && read_permission(words[good], *permissions + good))
		good++;
	free(words);
	if (!*permissions)
		return store_failed(ENOMEM, path, what, failure);
	if (good < number) {
		free(*permissions);
		return store_failed(EPROTO, path, what, failure);
	}
	*count = number;
	return 0;
}
