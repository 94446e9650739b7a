// needs: xen-like/pv/descriptor.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_descriptor.c - every access byte of a segment descriptor, with
 * each value of the granularity nibble, against the rules said a second time.
 */
#include "tests/unit/check.h"
#include "xen-like/pv/descriptor.h"

#define BASE_AND_LIMIT 0xab0c00cdef981234ull

static bool model(unsigned int access, uint64_t in, uint64_t *out)
{
	unsigned int type = access & 15, ring = access >> 5 & 3;
	bool application = access & 16, present = access & 128;

	*out = in;
	if (!present)
		return true;
	if (!application)
		return false;
	if (type >= 12 && ring < 3) /* conforming code */
		return false;
	*out = in | 3ull << 45;
	return true;
}

static uint64_t make(unsigned int access, unsigned int nibble)
{
	return BASE_AND_LIMIT | (uint64_t)access << 40 | (uint64_t)nibble << 52;
}

static void test_descriptor_every_access_byte(void)
{
	for (unsigned int access = 0; access < 256; access++) {
		for (unsigned int nibble = 0; nibble < 16; nibble++) {
			uint64_t expected, got = make(access, nibble);
			bool may = model(access, got, &expected);

			EXPECT_EQUAL(descriptor_check(&got), may);
			if (may)
				EXPECT_EQUAL(got, expected);
		}
	}
}

static void test_descriptor_page(void)
{
	static uint64_t page[DESCRIPTORS_PER_PAGE];

	for (unsigned int at = 0; at < DESCRIPTORS_PER_PAGE; at++) {
		memset(page, 0, sizeof(page));
		EXPECT(descriptor_page_check(page));
		page[at] = make(0x92, 0xc); /* writable data of ring 0 */
		EXPECT(descriptor_page_check(page));
		EXPECT_EQUAL(page[at], make(0xf2, 0xc));
		page[at] = make(0x8c, 0); /* a call gate */
		EXPECT(!descriptor_page_check(page));
		page[at] = make(0x0c, 0); /* one that is not present */
		EXPECT(descriptor_page_check(page));
		EXPECT_EQUAL(page[at], make(0x0c, 0));
	}
}

int main(void)
{
	RUN(test_descriptor_every_access_byte);
	RUN(test_descriptor_page);
	return check_result();
}
