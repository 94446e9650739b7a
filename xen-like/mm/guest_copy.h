/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/guest_copy.h - the code that follows a guest's pointer; for
 * two frames on a guest's stack arch/x86/entry_quick.S does so by the same rule.
 *
 * Addresses are in the space that is loaded now (the running guest's).  A
 * range that touches Enso's own slots, is not canonical or is not mapped as
 * needed makes the copy fail; part of it may then have been done.
 */
#pragma once

#include "xen-like/arch/x86/guest_move.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/base/abi.h"

/* True when all of [va, va + bytes) is outside Enso's slots and canonical. */
bool guest_range_ok(uint64_t va, uint64_t bytes);

/* An address that no CPU follows: a fault, whose answer is "no". */
#define NOWHERE 0x8000000000000000ull
/* No call copies more at once. */
#define GUEST_COPY_MAX (1ull << 30)

/*
 * `va` if `bytes` (GUEST_COPY_MAX at most) from it on are none of Enso's, else NOWHERE.
 * By arithmetic, not by a branch: a CPU that guesses cannot follow a guest's
 * pointer to Enso's memory.  Holes between guests' addresses fault by themselves.
 */
static inline uint64_t guest_pointer(guest_va_t at, uint64_t bytes)
{
	uint64_t into = at.va - (HYPERVISOR_START - bytes + 1), va = at.va;

	__asm__("cmp %2, %1; cmovb %3, %0"
		: "+r"(va)
		: "r"(into), "r"(HYPERVISOR_END - HYPERVISOR_START + bytes - 1), "r"(NOWHERE)
		: "cc");
	return va;
}

/* As below, for a number of bytes that is known only when it is made. */
MUST_CHECK
bool guest_copy_in(void *to, guest_va_t from, size_t bytes);
MUST_CHECK
bool guest_copy_out(guest_va_t to, const void *from, size_t bytes);

/* Whether a copy goes by whole units: their number is known when it is compiled. */
#define IN_UNITS(bytes, unit)                                                                      \
	(__builtin_constant_p(bytes) && (bytes) % (unit) == 0 && (bytes) <= PAGE_SIZE)

MUST_CHECK
static inline __attribute__((always_inline)) bool copy_from_guest(void *to, guest_va_t from,
								  size_t bytes)
{
	if (IN_UNITS(bytes, sizeof(uint64_t)))
		return guest_read_words(to, guest_pointer(from, bytes), bytes / sizeof(uint64_t));
	if (IN_UNITS(bytes, sizeof(uint32_t)))
		return guest_read_doublewords(to, guest_pointer(from, bytes),
					      bytes / sizeof(uint32_t));
	return guest_copy_in(to, from, bytes);
}

MUST_CHECK
static inline __attribute__((always_inline)) bool copy_to_guest(guest_va_t to, const void *from,
								size_t bytes)
{
	if (IN_UNITS(bytes, sizeof(uint64_t)))
		return guest_write_words(guest_pointer(to, bytes), from, bytes / sizeof(uint64_t));
	if (IN_UNITS(bytes, sizeof(uint32_t)))
		return guest_write_doublewords(guest_pointer(to, bytes), from,
					       bytes / sizeof(uint32_t));
	return guest_copy_out(to, from, bytes);
}

/* What guest_push_frame() writes, without the gap. */
#define GUEST_FRAME_BYTES 56

/* Where element `index` of an array of `size`-byte elements lies; bad if it wraps. */
guest_va_t guest_element(guest_va_t base, uint64_t index, size_t size);
