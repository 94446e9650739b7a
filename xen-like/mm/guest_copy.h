/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/guest_copy.h - the only code that follows a guest's pointer.
 *
 * Addresses are in the space that is loaded now (the running guest's).  A
 * range that touches Enso's own slots, is not canonical or is not mapped as
 * needed makes the copy fail; part of it may then have been done.
 */
#pragma once

#include "xen-like/base/abi.h"

MUST_CHECK
bool copy_from_guest(void *to, guest_va_t from, size_t bytes);
MUST_CHECK
bool copy_to_guest(guest_va_t to, const void *from, size_t bytes);

/* Where element `index` of an array of `size`-byte elements lies; bad if it wraps. */
guest_va_t guest_element(guest_va_t base, uint64_t index, size_t size);

/* True when all of [va, va + bytes) is outside Enso's slots and canonical. */
bool guest_range_ok(uint64_t va, uint64_t bytes);
