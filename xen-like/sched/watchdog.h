/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/watchdog.h - a domain that stops kicking is shut down.
 */
#pragma once

#include "xen-like/domain/domain.h"

/* For a domain that is taken apart: none runs out any more. */
void watchdogs_stop(struct domain *domain);

/*
 * id 0: a new watchdog for `seconds`; its number (1..) or -XEN_EINVAL,
 * -XEN_ENOSPC.  Else: kicks that one, or with 0 seconds ends it; 0, or
 * -XEN_EINVAL when there is none of that number.
 */
MUST_CHECK
int watchdog_set(struct domain *domain, uint32_t id, uint32_t seconds);
