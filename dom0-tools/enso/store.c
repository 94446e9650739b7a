/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/store.c - the commands on single nodes of the store: read, write,
 * rm, watch.  store_tree.c has those that walk.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/enso/store_bytes.h"
#include "dom0-tools/enso/waiting.h"

/* What a transaction over the words of the command line works on. */
struct words {
	const char *const *words;
	char *const *values;
	const size_t *lengths;
	int count;
};

static int read_one(struct invocation *invocation, const char *path, struct json_object *array)
{
	struct json_object *object = output_append_object(array);
	char *value, *shown;
	size_t bytes;
	int result = store_read_bytes(invocation->store, STORE_NOW, &value, &bytes,
				      &invocation->failure, path);

	if (result)
		return result;
	shown = store_bytes_show(value, bytes);
	free(value);
	if (!shown)
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	output_add_text(object, "path", path);
	output_add_text(object, "value", shown);
	if (!array)
		puts(shown);
	free(shown);
	return 0;
}

int command_store_read(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	struct json_object *document = NULL, *array = NULL;
	int result = invocation_need_store(invocation);

	if (!result && invocation->json) {
		document = output_begin(invocation);
		array = output_add_array(document, "nodes");
	}
	for (int i = 0; !result && i < arguments->count; i++)
		result = read_one(invocation, arguments->words[i], array);
	if (document && !result)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}

static int print_paths(struct invocation *invocation, const char *key, int step)
{
	const struct arguments *arguments = &invocation->arguments;
	struct json_object *document, *array;

	if (!invocation->json)
		return 0;
	document = output_begin(invocation);
	array = output_add_array(document, key);
	for (int i = 0; i < arguments->count; i += step)
		output_append_text(array, arguments->words[i]);
	return output_print(invocation, document);
}

static int write_all(struct store *store, store_transaction_t transaction, void *context,
		     struct failure *failure)
{
	const struct words *words = context;
	int result = 0;

	for (int i = 0; !result && i < words->count; i += 2)
		result = store_write_bytes(store, transaction, words->words[i],
					   words->values[i / 2], words->lengths[i / 2], failure);
	return result;
}

static int write_words(struct invocation *invocation, char **values, size_t *lengths)
{
	const struct arguments *arguments = &invocation->arguments;
	struct words words = {arguments->words, values, lengths, arguments->count};
	int result = 0;

	for (int i = 0; !result && i < arguments->count / 2; i++) {
		values[i] = strdup(arguments->words[2 * i + 1]);
		if (!values[i])
			result = failure_set(&invocation->failure, ENOMEM, "enso", NULL,
					     "out of memory");
		else if (!store_bytes_read(values[i], &lengths[i]))
			result = invocation_misused(invocation, "a \\ in '%s' begins no \\xHH",
						    arguments->words[2 * i + 1]);
	}
	if (!result)
		result = invocation_need_store(invocation);
	/* One write needs no transaction. */
	if (!result && arguments->count == 2)
		return write_all(invocation->store, STORE_NOW, &words, &invocation->failure);
	if (!result)
		result = store_transact(invocation->store, write_all, &words, &invocation->failure);
	return result;
}

int command_store_write(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	size_t pairs = (size_t)arguments->count / 2;
	char **values;
	size_t *lengths;
	int result;

	if (arguments->count % 2)
		return invocation_misused(invocation, "there is no VALUE for '%s'",
					  arguments->words[arguments->count - 1]);
	values = calloc(pairs, sizeof(*values));
	lengths = calloc(pairs, sizeof(*lengths));
	if (values && lengths)
		result = write_words(invocation, values, lengths);
	else
		result = failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	for (size_t i = 0; values && i < pairs; i++)
		free(values[i]);
	free(values);
	free(lengths);
	return result ? result : print_paths(invocation, "written", 2);
}

static int remove_all(struct store *store, store_transaction_t transaction, void *context,
		      struct failure *failure)
{
	const struct words *words = context;
	int result = 0;

	for (int i = 0; !result && i < words->count; i++) {
		const char *path = words->words[i];

		result = store_exists(store, transaction, failure, "%s", path);
		if (result == 0)
			result = failure_set(failure, ENOENT, "store",
					     "`enso store ls` shows what there is",
					     "cannot remove %s: there is no such node", path);
		else if (result == 1)
			result = store_remove(store, transaction, failure, "%s", path);
	}
	return result;
}

int command_store_rm(struct invocation *invocation)
{
	struct words words = {invocation->arguments.words, NULL, NULL, invocation->arguments.count};
	int result = invocation_need_store(invocation);

	if (!result)
		result =
			store_transact(invocation->store, remove_all, &words, &invocation->failure);
	return result ? result : print_paths(invocation, "removed", 1);
}

static int print_event(struct invocation *invocation, const struct store_event *event)
{
	struct json_object *document;

	if (!invocation->json) {
		puts(event->path);
		fflush(stdout);
		return 0;
	}
	document = output_begin(invocation);
	output_add_text(document, "path", event->path);
	return output_print_line(invocation, document);
}

int command_store_watch(struct invocation *invocation)
{
	const struct arguments *arguments = &invocation->arguments;
	uint64_t left = arguments_number(arguments, "count", UINT64_MAX);
	uint64_t seconds = arguments_number(arguments, "timeout", 0);
	uint64_t deadline_ms = seconds ? waiting_now_ms() + seconds * 1000 : 0;
	int result = invocation_need_store(invocation);

	for (int i = 0; !result && i < arguments->count; i++)
		result = store_watch(invocation->store, arguments->words[i], "enso",
				     &invocation->failure);
	while (!result && left > 0) {
		struct store_event event;

		result = store_next_event(invocation->store, waiting_left_ms(deadline_ms), &event,
					  &invocation->failure);
		if (result == 0)
			return failure_set(&invocation->failure, ETIMEDOUT, arguments->words[0],
					   NULL, "not enough events after %lu s",
					   (unsigned long)seconds);
		if (result < 0)
			return result;
		result = print_event(invocation, &event);
		store_event_free(&event);
		left--;
	}
	return result;
}
