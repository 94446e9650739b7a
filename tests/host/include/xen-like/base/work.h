/* SPDX-License-Identifier: MIT */
/*
 * tests/host/include/xen-like/base/work.h - the hypervisor's, but the budget a
 * handler begins with is the test's: it makes any call stop at any unit.
 */
#pragma once

#include_next "xen-like/base/work.h"

extern uint32_t host_work_budget;

#undef WORK_BUDGET
#define WORK_BUDGET ((struct work_budget){.left = host_work_budget})
