/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/runq.h - the policy: weighted fair sharing of CPUs.  Pure.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/list.h"

/* One vCPU as the policy sees it; grown by runq.c's author. */
struct sched_entity {
	struct list link;
	uint64_t virtual_time; /* ns, scaled by weight */
	uint64_t started;      /* when it was last put on a CPU */
	uint16_t weight;
	uint16_t cap;
	bool queued;
};
