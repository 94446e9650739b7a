/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/guest_copy.c - checks a guest's range; guest_copy.S moves it.
 */
#include "xen-like/mm/guest_copy.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/base/bits.h"

/* guest_copy.S: bytes not moved because of a fault. */
uint64_t guest_copy_bytes(void *to, const void *from, uint64_t bytes);

/* Ends of what a guest may name: the last byte below the hole, the first above. */
#define LOW_END 0x0000800000000000ull

bool guest_range_ok(uint64_t va, uint64_t bytes)
{
	uint64_t end;

	if (__builtin_add_overflow(va, bytes, &end) && end != 0)
		return false;
	if (va < LOW_END)
		return bytes <= LOW_END - va;
	return va >= HYPERVISOR_END;
}

bool copy_from_guest(void *to, guest_va_t from, size_t bytes)
{
	if (!guest_range_ok(from.va, bytes))
		return false;
	return guest_copy_bytes(to, (const void *)from.va, bytes) == 0;
}

bool copy_to_guest(guest_va_t to, const void *from, size_t bytes)
{
	if (!guest_range_ok(to.va, bytes))
		return false;
	return guest_copy_bytes((void *)to.va, from, bytes) == 0;
}

guest_va_t guest_element(guest_va_t base, uint64_t index, size_t size)
{
	uint64_t offset = multiply_saturating(index, size);
	uint64_t va = add_saturating(base.va, offset);

	/* All ones with any size wraps, so the copy refuses it. */
	return guest_va(va);
}
