/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/store_handle.h - between store.c and store_watch.c.  Nobody
 * outside this folder includes it.
 */
#pragma once

#include "dom0-tools/lib/store.h"

struct xs_handle;

struct store {
	struct xs_handle *connection;
};

/*
 * errno of a call of libxenstore that has failed.  A daemon that goes away while the call
 * waits is EINVAL there, and EBADF from then on; here it is EPIPE, so that callers can
 * tell it from what they did wrong themselves.
 */
int store_error(struct store *store);

int store_failed(int error, const char *path, const char *what, struct failure *failure);
