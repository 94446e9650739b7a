/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/memory_op.h - between memory_op.c, which dispatches, and
 * memory_tools.c.  Each takes its request's address and returns the call's
 * result.
 */
#pragma once

#include "hypercalls/dispatch.h"
#include "xen-like/domain/domain.h"

/*
 * A domain whose memory the caller may manage, with a reference: itself, or any
 * for a control domain.  NULL and *rc otherwise.
 */
struct domain *memory_target_get(domid_t id, int64_t *rc);

int64_t memory_map_set(guest_va_t argument) MUST_CHECK;
int64_t memory_map_get(guest_va_t argument) MUST_CHECK;
int64_t memory_claim(guest_va_t argument) MUST_CHECK;
int64_t memory_acquire_resource(guest_va_t argument) MUST_CHECK;
