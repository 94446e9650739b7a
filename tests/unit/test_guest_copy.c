// needs:
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_guest_copy.c - which addresses of a guest's are followed, at
 * every edge of what is canonical and of Enso's slots.
 */
#include "tests/unit/check.h"
#include "xen-like/mm/guest_copy.h"

/* guest_copy.S is not asked here. */
__asm__(".globl guest_move_words, guest_move_doublewords, guest_move_bytes, guest_push_frame\n"
	"guest_move_words: guest_move_doublewords: guest_move_bytes: guest_push_frame: ud2");

static const uint64_t edges[] = {
	0,
	0x0000800000000000,
	HYPERVISOR_START,
	HYPERVISOR_END,
	DOMAIN_AREA_START,
	DIRECT_MAP_START,
};

static void test_guest_copy_pointers(void)
{
	static const uint64_t lengths[] = {1, 2, 8, 4096};

	for (unsigned int i = 0; i < ARRAY_SIZE(edges) * ARRAY_SIZE(lengths); i++) {
		uint64_t edge = edges[i / ARRAY_SIZE(lengths)],
			 length = lengths[i % ARRAY_SIZE(lengths)];

		for (uint64_t at = edge - 5000; at != edge + 5000; at++) {
			bool ours = at >= HYPERVISOR_START - (length - 1) && at < HYPERVISOR_END;

			EXPECT_EQUAL(guest_pointer(guest_va(at), length), ours ? NOWHERE : at);
		}
	}
}

int main(void)
{
	RUN(test_guest_copy_pointers);
	return check_result();
}
