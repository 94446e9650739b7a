/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/work.h - how long an operation may go on before it has to let
 * others have the CPU.
 */
#pragma once

#include "xen-like/base/abi.h"

/*
 * Counts one unit of work; true when a handler should stop and continue later.
 * A unit is about a page-table entry's worth (100-200 instructions).
 */
struct work_budget {
	uint32_t left;
};
#define WORK_BUDGET ((struct work_budget){.left = 512})

static inline bool work_done(struct work_budget *budget, uint32_t units)
{
	if (budget->left <= units) {
		budget->left = 0;
		return true;
	}
	budget->left -= units;
	return false;
}
