/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/descriptor.c - see descriptor.h.  Bits: AMD64 manual volume 2,
 * 4.7 and 4.8.
 */
#include "xen-like/pv/descriptor.h"
#include "xen-like/base/atomic.h"

#define CONFORMING (1ull << 42)
#define EXECUTABLE (1ull << 43)
#define NOT_SYSTEM (1ull << 44)
#define PRIVILEGE  (3ull << 45)
#define PRESENT	   (1ull << 47)

bool descriptor_check(uint64_t *descriptor)
{
	uint64_t seen = *descriptor;

	if (!(seen & PRESENT))
		return true;
	/* Gates, task states and LDTs lead out of ring 3. */
	if (!(seen & NOT_SYSTEM))
		return false;
	/* A conforming segment of a lower ring is harmless only because none exists. */
	if ((seen & EXECUTABLE) && (seen & CONFORMING) && (seen & PRIVILEGE) != PRIVILEGE)
		return false;
	*descriptor = seen | PRIVILEGE;
	return true;
}

bool descriptor_page_check(uint64_t *descriptors)
{
	for (unsigned int i = 0; i < DESCRIPTORS_PER_PAGE; i++) {
		uint64_t descriptor = read_once(descriptors[i]);

		if (!(descriptor & PRESENT))
			continue;
		if (!descriptor_check(&descriptor))
			return false;
		write_once(descriptors[i], descriptor);
	}
	return true;
}
