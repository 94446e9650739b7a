/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/scheduler.h - how CPU time is shared between domains.
 * hypervisor.h says what all these calls share.
 */
#pragma once

#include "dom0-tools/lib/hypervisor.h"

/* Numbers of <xen/domctl.h>, so that callers need not include it. */
enum scheduler_kind {
	SCHEDULER_CREDIT = 5,
	SCHEDULER_CREDIT2 = 6,
	SCHEDULER_ARINC653 = 7,
	SCHEDULER_RTDS = 8,
	SCHEDULER_NULL = 9,
};

/* "credit2"; "unknown" for what has no name. */
const char *scheduler_name(uint32_t kind);

struct scheduler_share {
	uint16_t weight; /* 1..65535; 256 usual */
	uint16_t cap;	 /* per cent of one CPU; 0: none */
};

int MUST_CHECK
scheduler_get_kind(struct hypervisor *hypervisor, uint32_t *kind, struct failure *failure);

/* EOPNOTSUPP: the host's scheduler knows no weights. */
int MUST_CHECK
scheduler_get_share(struct hypervisor *hypervisor, uint16_t domid, uint32_t kind,
		    struct scheduler_share *share, struct failure *failure);
int MUST_CHECK
scheduler_set_share(struct hypervisor *hypervisor, uint16_t domid, uint32_t kind,
		    const struct scheduler_share *share, struct failure *failure);

/*
 * How long a vCPU that has just got a CPU keeps it from those that wake, in
 * microseconds: 0, or from _LEAST to _MOST.  EOPNOTSUPP: the scheduler is not credit2.
 */
#define RATELIMIT_LEAST 100u
#define RATELIMIT_MOST	500000u
int MUST_CHECK
scheduler_get_ratelimit(struct hypervisor *hypervisor, uint32_t kind, uint32_t *us,
			struct failure *failure);
int MUST_CHECK
scheduler_set_ratelimit(struct hypervisor *hypervisor, uint32_t kind, uint32_t us,
			struct failure *failure);
