/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/copy.h - GNTTABOP_copy: bytes between pages of the caller and
 * pages granted to it, without mapping either.  Pure.
 */
#pragma once

#include "grant-tables/table.h"

/* Sets request->status; `caller` is the calling domain's table.  Takes the locks. */
void grant_copy(struct grant_table *caller, struct gnttab_copy *request);
