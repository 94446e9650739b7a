// needs:
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_bits.c - bitmaps against arrays of bool, sums at their edges.
 */
#include <stdlib.h>

#include "tests/unit/check.h"
#include "xen-like/base/bits.h"

#define BITS 200

static uint64_t model_next(const bool *model, uint64_t bits, uint64_t from)
{
	while (from < bits && !model[from])
		from++;
	return MIN(from, bits);
}

static void test_bits_random(void)
{
	uint64_t map[BITMAP_WORDS(BITS)] = {0};
	bool model[BITS] = {0};

	srand(1);
	for (unsigned int i = 0; i < 100000; i++) {
		uint64_t bit = (uint64_t)rand() % BITS, bits = 1 + (uint64_t)rand() % BITS;
		bool was = model[bit];

		EXPECT_EQUAL(bit_test(map, bit), was);
		if (rand() % 4 == 0) {
			EXPECT_EQUAL(bit_set(map, bit), was);
			model[bit] = true;
		} else {
			EXPECT_EQUAL(bit_clear(map, bit), was);
			model[bit] = false;
		}
		EXPECT_EQUAL(bit_test(map, bit), model[bit]);
		bit = (uint64_t)rand() % bits;
		EXPECT_EQUAL(bit_next(map, bits, bit), model_next(model, bits, bit));
	}
}

/* Bits of the last word beyond the map's end are nobody's; the end itself is not read. */
static void test_bits_end(void)
{
	uint64_t *map = malloc(sizeof(*map));

	*map = 1ull << 63;
	EXPECT_EQUAL(bit_next(map, 63, 0), 63);
	EXPECT_EQUAL(bit_next(map, 64, 0), 63);
	EXPECT_EQUAL(bit_next(map, 64, 64), 64);
	EXPECT_EQUAL(bit_next(map, 0, 0), 0);
	free(map);
}

static void test_bits_sums(void)
{
	static const uint64_t values[] = {0,	      1,	  2,	 3,    0xffffffff,
					  1ull << 32, 1ull << 63, ~1ull, ~0ull};

	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(values); j++) {
			__uint128_t a = values[i], b = values[j];
			uint64_t sum = a + b > ~0ull ? ~0ull : (uint64_t)(a + b);
			uint64_t product = a * b > ~0ull ? ~0ull : (uint64_t)(a * b);

			EXPECT_EQUAL(add_saturating(values[i], values[j]), sum);
			EXPECT_EQUAL(multiply_saturating(values[i], values[j]), product);
			EXPECT_EQUAL(scale_32(values[i], (uint32_t)values[j]),
				     (uint64_t)(a * (uint32_t)values[j] >> 32));
		}
	}
}

static void test_bits_index(void)
{
	EXPECT_EQUAL(index_nospec(4, 5), 4);
	EXPECT_EQUAL(index_nospec(5, 5), 0);
	EXPECT_EQUAL(index_nospec(~0ull, 5), 0);
	EXPECT_EQUAL(index_nospec(7, 0), 0);
}

static void test_bits_value_if(void)
{
	EXPECT_EQUAL(value_if_nospec(~0ull, 1), -1);
	EXPECT_EQUAL(value_if_nospec(~0ull, 0), 0);
	EXPECT_EQUAL(value_if_nospec(7, ~1ull), 0);
	EXPECT_EQUAL(value_if_nospec(7, 0x8000000000000001ull), 7);
}

int main(void)
{
	RUN(test_bits_random);
	RUN(test_bits_end);
	RUN(test_bits_sums);
	RUN(test_bits_index);
	RUN(test_bits_value_if);
	return check_result();
}
