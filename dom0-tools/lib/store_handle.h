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

int store_failed(int error, const char *path, const char *what, struct failure *failure);
