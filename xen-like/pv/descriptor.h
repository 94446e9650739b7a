/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/descriptor.h - segment descriptors of guests: only code and data
 * segments for ring 3 get into a table the CPU reads.  Pure.
 */
#pragma once

#include "xen-like/base/abi.h"

#define DESCRIPTORS_PER_PAGE 512

/*
 * True when the CPU may be given the descriptor; *descriptor is changed to
 * what it may be given (privilege raised to 3).  Not-present ones always may.
 */
MUST_CHECK
bool descriptor_check(uint64_t *descriptor);

/* All 512 of a page, in place.  False, with some changed, when one is refused. */
MUST_CHECK
bool descriptor_page_check(uint64_t *descriptors);
