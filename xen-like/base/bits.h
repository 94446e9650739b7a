/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/bits.h - bitmaps of 64-bit words, and checked sums.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/atomic.h"

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bit_test(const uint64_t *map, uint64_t bit)
{
	return (load_acquire(&map[bit / 64]) >> (bit % 64)) & 1;
}

/* The three below are atomic; each returns what the bit was. */
static inline bool bit_set(uint64_t *map, uint64_t bit)
{
	uint64_t mask = 1ull << (bit % 64);

	return fetch_or(&map[bit / 64], mask) & mask;
}

static inline bool bit_clear(uint64_t *map, uint64_t bit)
{
	uint64_t mask = 1ull << (bit % 64);

	return fetch_and(&map[bit / 64], ~mask) & mask;
}

/* The first set bit at or after `from`, or `bits` when there is none. */
static inline uint64_t bit_next(const uint64_t *map, uint64_t bits, uint64_t from)
{
	while (from < bits) {
		uint64_t word = load_acquire(&map[from / 64]) >> (from % 64);

		if (word) {
			from += (uint64_t)__builtin_ctzll(word);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

/* An address as the CPU takes it: bits 48-63 repeat bit 47. */
static inline bool address_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/* a + b, or all ones when the sum does not fit. */
static inline uint64_t add_saturating(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? ~0ull : sum;
}

static inline uint64_t multiply_saturating(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? ~0ull : product;
}

/* (a * multiplier) >> 32 without losing the high half. */
static inline uint64_t scale_32(uint64_t a, uint32_t multiplier)
{
	return (uint64_t)(((__uint128_t)a * multiplier) >> 32);
}
