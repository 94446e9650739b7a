/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/guest_bitmap.h - sets of CPUs and nodes as tools pass them: bytes
 * in the guest's memory and how many bits of them count (struct xenctl_bitmap).
 */
#pragma once

#include "xen-like/base/abi.h"

/*
 * Copies the first `bits` (at most MAX_CPUS) of `map` out: a shorter bitmap of the guest's gets
 * what fits into its bytes, a longer one zeros behind.  False: it cannot be
 * written.
 */
MUST_CHECK
bool guest_bitmap_put(const struct xenctl_bitmap *to, const uint64_t *map, uint32_t bits);
/* Copies up to `bits` in; what the guest does not give is 0.  False: cannot be read. */
MUST_CHECK
bool guest_bitmap_get(uint64_t *map, uint32_t bits, const struct xenctl_bitmap *from);
