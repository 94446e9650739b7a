/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_string.c - the hypervisor's own moves and fills, under other names:
 * every length, alignment and overlap up to a few words, against one byte at a time.
 */
#include "tests/unit/check.h"

#define memcpy	enso_memcpy
#define memmove enso_memmove
#define memset	enso_memset
#define memcmp	enso_memcmp
#define strlen	enso_strlen
#define strnlen enso_strnlen
#define strcmp	enso_strcmp
#define strncmp enso_strncmp
#define strchr	enso_strchr
#include "xen-like/base/string.c"

#define ROOM 96
#define MOST 40 /* bytes moved */

static uint8_t is[ROOM], wanted[ROOM];

static void fill(void)
{
	for (size_t i = 0; i < ROOM; i++)
		is[i] = wanted[i] = (uint8_t)(i * 7 + 1);
}

static bool same(void)
{
	for (size_t i = 0; i < ROOM; i++)
		if (is[i] != wanted[i])
			return false;
	return true;
}

static bool moves(size_t to, size_t from, size_t bytes, bool apart)
{
	uint8_t held[MOST];

	fill();
	for (size_t i = 0; i < bytes; i++)
		held[i] = wanted[from + i];
	for (size_t i = 0; i < bytes; i++)
		wanted[to + i] = held[i];
	return (apart ? enso_memcpy : enso_memmove)(is + to, is + from, bytes) == is + to && same();
}

static void test_string_moves(void)
{
	bool apart = true, overlapping = true;

	for (size_t bytes = 0; bytes <= MOST; bytes++)
		for (size_t to = 0; to + bytes <= ROOM; to++)
			for (size_t from = 0; from < 17 && from + bytes <= ROOM; from++) {
				if (to >= from + bytes || from >= to + bytes)
					apart &= moves(to, from, bytes, true);
				overlapping &= moves(to, from, bytes, false);
			}
	EXPECT(apart);
	EXPECT(overlapping);
}

static void test_string_fills(void)
{
	bool good = true;

	for (size_t bytes = 0; bytes <= MOST; bytes++)
		for (size_t to = 0; to < 17; to++) {
			fill();
			for (size_t i = 0; i < bytes; i++)
				wanted[to + i] = 0x5a;
			good &= enso_memset(is + to, 0x15a, bytes) == is + to && same();
		}
	EXPECT(good);
}

static void test_string_compares(void)
{
	EXPECT(enso_memcmp("abc", "abd", 3) < 0);
	EXPECT(enso_memcmp("abd", "abc", 3) > 0);
	EXPECT(enso_memcmp("abc", "abd", 2) == 0);
	EXPECT(enso_strlen("") == 0 && enso_strlen("four") == 4);
	EXPECT(enso_strnlen("four", 3) == 3 && enso_strnlen("four", 9) == 4);
	EXPECT(enso_strcmp("a", "a") == 0 && enso_strcmp("a", "ab") < 0);
	EXPECT(enso_strncmp("ab", "ac", 1) == 0 && enso_strncmp("ab", "ac", 2) < 0);
}

int main(void)
{
	RUN(test_string_moves);
	RUN(test_string_fills);
	RUN(test_string_compares);
	return check_result();
}
