/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/store_batch.c - store_batch.h says what it is for. */
#include "dom0-tools/lib/store_batch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "dom0-tools/lib/store_handle.h"
#include "dom0-tools/lib/store_pipe.h"
#include "dom0-tools/lib/text.h"

#define COMMIT_TRIES 1000

struct store_batch {
	struct store_pipe pipe;
};

struct store_batch *store_batch_new(void)
{
	struct store_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	store_pipe_init(&batch->pipe);
	batch->pipe.requests = malloc(STORE_PIPE_BYTES);
	if (!batch->pipe.requests) {
		free(batch);
		return NULL;
	}
	return batch;
}

void store_batch_free(struct store_batch *batch)
{
	if (!batch)
		return;
	store_pipe_close(&batch->pipe);
	free(batch->pipe.requests);
	free(batch);
}

void store_batch_make(struct store_batch *batch, const char *path)
{
	if (batch)
		store_pipe_add(&batch->pipe, XS_MKDIR, path, NULL, 0);
}

void store_batch_write(struct store_batch *batch, const char *path, const char *value_format, ...)
{
	char value[XENSTORE_PAYLOAD_MAX];
	va_list arguments;
	int length;

	if (!batch)
		return;
	va_start(arguments, value_format);
	length = vsnprintf(value, sizeof(value), value_format, arguments);
	va_end(arguments);
	/* Too long a value does not fit a request either, which add() notes. */
	store_pipe_add(&batch->pipe, XS_WRITE, path, value,
		       length < 0 ? SIZE_MAX / 2 : (size_t)length);
}

void store_batch_remove(struct store_batch *batch, const char *path)
{
	if (batch)
		store_pipe_add(&batch->pipe, XS_RM, path, NULL, 0);
}

void store_batch_permit(struct store_batch *batch, const char *path,
			const struct store_permission *permissions, size_t count)
{
	char text[STORE_PERMISSIONS_MAX * STORE_PERMISSION_TEXT];

	if (batch)
		store_pipe_add(&batch->pipe, XS_SET_PERMS, path, text,
			       store_put_permissions(text, permissions, count));
}

static int start_transaction(struct store_pipe *pipe, uint32_t *transaction,
			     struct failure *failure)
{
	struct store_answer answer;
	uint64_t number = 0;
	int result;

	result = store_pipe_ask(pipe, XS_TRANSACTION_START, 0, "", NULL, 0, &answer, failure);
	if (result)
		return result;
	if (!answer.error && !text_parse_number(answer.text, 1, UINT32_MAX, &number))
		answer.error = EPROTO;
	free(answer.text);
	*transaction = number;
	return answer.error ? store_failed(answer.error, "a transaction", "start", failure) : 0;
}

/* Reads the answers to all steps; the first that failed is the failure. */
static int receive_all(struct store_pipe *pipe, struct failure *failure)
{
	int failed = 0;

	for (size_t i = 0; i < pipe->count; i++) {
		struct store_answer answer;
		int result = store_pipe_receive(pipe, &answer, failure);

		if (result)
			return result;
		free(answer.text);
		if (answer.error && answer.error != ENOENT && !failed)
			failed = store_failed(answer.error, store_pipe_path(pipe, i), "write",
					      failure);
	}
	return failed;
}

int store_batch_commit(struct store_batch *batch, struct failure *failure)
{
	struct store_pipe *pipe = batch ? &batch->pipe : NULL;
	int result;

	if (!pipe || pipe->error)
		return store_failed(pipe ? pipe->error : ENOMEM, "so many nodes", "write", failure);
	result = store_pipe_connect(pipe, failure);
	for (int tries = 0; result == 0 && tries < COMMIT_TRIES; tries++) {
		struct store_answer answer;
		uint32_t transaction = 0;
		int step;

		result = start_transaction(pipe, &transaction, failure);
		if (result == 0)
			result = store_pipe_send(pipe, transaction, failure);
		if (result)
			break;
		step = receive_all(pipe, failure);
		result = store_pipe_ask(pipe, XS_TRANSACTION_END, transaction, step ? "F" : "T",
					NULL, 0, &answer, step ? NULL : failure);
		free(answer.text);
		if (step || result || !answer.error) {
			result = step ? step : result;
			store_pipe_close(pipe);
			return result;
		}
		if (answer.error != EAGAIN)
			result = store_failed(answer.error, "a transaction", "end", failure);
	}
	store_pipe_close(pipe);
	return result ? result : store_failed(EAGAIN, "a transaction", "end", failure);
}

/* Adds as many reads as fit; how many. */
static size_t add_reads(struct store_pipe *pipe, const char *const *paths, size_t count)
{
	size_t added = 0;

	pipe->bytes = pipe->count = 0;
	while (added < count && !pipe->error &&
	       STORE_PIPE_BYTES - pipe->bytes > sizeof(struct xsd_sockmsg) + STORE_PATH_MAX)
		store_pipe_add(pipe, XS_READ, paths[added++], NULL, 0);
	return added;
}

static int read_piece(struct store_pipe *pipe, char **values, struct failure *failure)
{
	int result = store_pipe_send(pipe, 0, failure);

	for (size_t i = 0; result == 0 && i < pipe->count; i++) {
		struct store_answer answer;

		result = store_pipe_receive(pipe, &answer, failure);
		values[i] = answer.text;
		if (result == 0 && answer.error && answer.error != ENOENT)
			result = store_failed(answer.error, store_pipe_path(pipe, i), "read",
					      failure);
	}
	return result;
}

int store_read_many(const char *const *paths, size_t count, char **values, struct failure *failure)
{
	struct store_batch *batch = store_batch_new();
	int result;

	memset(values, 0, count * sizeof(*values));
	if (!batch)
		return store_failed(ENOMEM, "so many nodes", "read", failure);
	result = store_pipe_connect(&batch->pipe, failure);
	for (size_t done = 0; result == 0 && done < count;) {
		size_t added = add_reads(&batch->pipe, paths + done, count - done);

		result = batch->pipe.error ? store_failed(E2BIG, "so long a path", "read", failure)
					   : read_piece(&batch->pipe, values + done, failure);
		done += added;
	}
	store_batch_free(batch);
	for (size_t i = 0; result && i < count; i++) {
		free(values[i]);
		values[i] = NULL;
	}
	return result;
}
