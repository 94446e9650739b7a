/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/exchange.h - XENMEM_exchange: a domain's pages for as many
 * others, contiguous or low enough for its devices.
 */
#pragma once

#include "xen-like/domain/domain.h"

/*
 * Goes on with the request from nr_exchanged, one chunk (the larger extent of
 * the two sides) at a time, advancing it.  0 when all is done; -XEN_ERESTART;
 * else -XEN_Exxx with the chunk that failed as it was.
 */
MUST_CHECK
int exchange_step(struct domain *domain, struct xen_memory_exchange *request);
