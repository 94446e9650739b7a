/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/guest_copy.c - checks a guest's range; guest_copy.S moves it.
 */
#include "xen-like/mm/guest_copy.h"
#include "xen-like/base/bits.h"

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

bool guest_copy_in(void *to, guest_va_t from, size_t bytes)
{
	uint64_t va = guest_pointer(from, bytes);
	size_t words = bytes / sizeof(uint64_t), done = words * sizeof(uint64_t);

	if (bytes > GUEST_COPY_MAX)
		return false;
	if (words && !guest_read_words(to, va, words))
		return false;
	return bytes == done || guest_read_bytes((char *)to + done, va + done, bytes - done);
}

bool guest_copy_out(guest_va_t to, const void *from, size_t bytes)
{
	uint64_t va = guest_pointer(to, bytes);
	size_t words = bytes / sizeof(uint64_t), done = words * sizeof(uint64_t);

	if (bytes > GUEST_COPY_MAX)
		return false;
	if (words && !guest_write_words(va, from, words))
		return false;
	return bytes == done ||
	       guest_write_bytes(va + done, (const char *)from + done, bytes - done);
}

guest_va_t guest_element(guest_va_t base, uint64_t index, size_t size)
{
	uint64_t offset = multiply_saturating(index, size);
	uint64_t va = add_saturating(base.va, offset);

	/* All ones with any size wraps, so the copy refuses it. */
	return guest_va(va);
}
