/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_batch.h - many steps with the store for the price of two.
 *
 * A step of store.h waits for its answer.  A batch collects steps, sends them in
 * one piece and then reads all the answers; its own connection to the daemon lives
 * only as long.
 */
#pragma once

#include "dom0-tools/lib/store.h"

struct store_batch;

/* NULL when out of memory; every function below takes that, and commit tells it. */
struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch *batch);

/* Adding steps cannot fail: what does not fit is told by commit. */
void store_batch_make(struct store_batch *batch, const char *path);
void store_batch_write(struct store_batch *batch, const char *path, const char *value_format, ...)
	STORE_FORMAT(3);
void store_batch_remove(struct store_batch *batch, const char *path); /* or is not there */
void store_batch_permit(struct store_batch *batch, const char *path,
			const struct store_permission *permissions, size_t count);

/*
 * Does all steps in their order as one transaction, again when somebody else's
 * came between.  The first step that fails is the failure, and nothing is done.
 */
int MUST_CHECK
store_batch_commit(struct store_batch *batch, struct failure *failure);

/*
 * values[i] is what stands at paths[i], NUL-terminated, or NULL where there is no
 * such node; each is the caller's to free.  On failure all are NULL.
 */
int MUST_CHECK
store_read_many(const char *const *paths, size_t count, char **values, struct failure *failure);
