/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/guest_bitmap.c - see guest_bitmap.h.
 */
#include "hypercalls/guest_bitmap.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/string.h"
#include "xen-like/mm/guest_copy.h"

#define ZEROS 64u
/* The guest's size may be anything; zeros behind so many bytes nobody reads. */
#define BYTES_MAX 8192u

static uint32_t bytes_of(uint32_t bits)
{
	return bits / 8 + (bits % 8 != 0);
}

static guest_va_t place(const struct xenctl_bitmap *bitmap, uint32_t byte)
{
	return guest_element(guest_va((uint64_t)bitmap->bitmap.p), byte, 1);
}

/* `map` has nothing beyond its bits. */
static void clear_beyond(uint64_t *map, uint32_t bits)
{
	if (bits % 64)
		map[bits / 64] &= (1ull << bits % 64) - 1;
}

static bool put_zeros(const struct xenctl_bitmap *to, uint32_t from, uint32_t end)
{
	static const uint8_t zeros[ZEROS];

	while (from < end) {
		uint32_t bytes = MIN(end - from, ZEROS);

		if (!copy_to_guest(place(to, from), zeros, bytes))
			return false;
		from += bytes;
	}
	return true;
}

bool guest_bitmap_put(const struct xenctl_bitmap *to, const uint64_t *map, uint32_t bits)
{
	uint64_t shown[BITMAP_WORDS(MAX_CPUS)] = {0};
	uint32_t theirs = MIN(bytes_of(to->nr_bits), BYTES_MAX), ours;

	bits = MIN(bits, MAX_CPUS);
	ours = MIN(theirs, bytes_of(bits));
	memcpy(shown, map, BITMAP_WORDS(bits) * sizeof(*map));
	clear_beyond(shown, bits);
	return (ours == 0 || copy_to_guest(place(to, 0), shown, ours)) &&
	       put_zeros(to, ours, theirs);
}

bool guest_bitmap_get(uint64_t *map, uint32_t bits, const struct xenctl_bitmap *from)
{
	uint32_t count = MIN(from->nr_bits, bits);

	memset(map, 0, BITMAP_WORDS(bits) * sizeof(*map));
	if (count && !copy_from_guest(map, place(from, 0), bytes_of(count)))
		return false;
	clear_beyond(map, count);
	return true;
}
