// needs: xen-like/arch/x86/e820.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_e820.c - memory maps as firmware writes them, and worse:
 * some by hand, many at random against a page-by-page model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-like/arch/x86/e820.h"

static int failures;

static void check(const char *name, bool good)
{
	printf(good ? "PASS e820_%s\n" : "FAIL e820_%s: not so\n", name);
	failures += !good;
}

#define MAP(...)                                                                                   \
	(struct e820_entry[]){__VA_ARGS__},                                                        \
		(uint32_t)(sizeof((struct e820_entry[]){__VA_ARGS__}) / sizeof(struct e820_entry))

static bool gives(const struct e820_entry *raw, uint32_t count, const struct e820_entry *wanted,
		  uint32_t wanted_count)
{
	struct e820_entry map[E820_MAX];

	return e820_arrange(raw, count, map, E820_MAX) == wanted_count &&
	       memcmp(map, wanted, wanted_count * sizeof(*map)) == 0;
}

static void by_hand(void)
{
	check("plain", gives(MAP({0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0x100000, 0x1000, 1}),
			     MAP({0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0x100000, 0x1000, 1})));
	check("sorted", gives(MAP({0x2000, 0x1000, 1}, {0, 0x1000, 2}),
			      MAP({0, 0x1000, 2}, {0x2000, 0x1000, 1})));
	check("ram_loses", gives(MAP({0, 0x5000, 1}, {0x2000, 0x1000, 2}),
				 MAP({0, 0x2000, 1}, {0x2000, 0x1000, 2}, {0x3000, 0x2000, 1})));
	check("higher_type_wins", gives(MAP({0, 0x3000, 4}, {0x1000, 0x4000, 2}),
					MAP({0, 0x3000, 4}, {0x3000, 0x2000, 2})));
	check("joined", gives(MAP({0, 0x1000, 1}, {0x1000, 0x1000, 1}), MAP({0, 0x2000, 1})));
	check("empty_entry", gives(MAP({0, 0x1000, 1}, {0x800, 0, 2}), MAP({0, 0x1000, 1})));
	check("type_0_is_reserved", gives(MAP({0, 0x1000, 0}), MAP({0, 0x1000, 2})));
	check("unknown_type_kept", gives(MAP({0, 0x1000, 99}), MAP({0, 0x1000, 99})));
	check("nothing", e820_arrange(NULL, 0, NULL, 0) == 0);
}

#define USED(...)                                                                                  \
	(struct e820_range[]){__VA_ARGS__},                                                        \
		(uint32_t)(sizeof((struct e820_range[]){__VA_ARGS__}) / sizeof(struct e820_range))

static void low_page(void)
{
	const struct e820_entry bios[] = {
		{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0x100000, 1 << 20, 1}};
	const struct e820_entry holes[] = {
		{0x800, 0x7800, 1}, {0x8000, 0x1000, 2}, {0x9000, 0xfff, 1}};

	check("low_page_highest_whole", e820_find_low_page(bios, 3, NULL, 0) == 0x9e000);
	check("low_page_between_modules",
	      e820_find_low_page(bios, 3, USED({0x4000, 0x33510}, {0x35000, 0x9f000})) == 0x34000);
	check("low_page_touches_no_module",
	      e820_find_low_page(bios, 3, USED({0x4000, 0x33510}, {0x34fff, 0x9f000})) == 0x3000);
	check("low_page_reserved_holes", e820_find_low_page(holes, 3, NULL, 0) == 0x7000);
	check("low_page_never_the_first",
	      e820_find_low_page(bios, 3, USED({0x1000, 0xa0000})) == 0);
	check("low_page_none_in_ram", e820_find_low_page(holes + 1, 2, NULL, 0) == 0);
}

static void wrapping(void)
{
	const struct e820_entry raw[] = {{0x1000, 0x1000, 1}, {UINT64_MAX - 0xfff, 0x5000, 2}};
	struct e820_entry map[4];
	uint32_t count = e820_arrange(raw, 2, map, 4);

	check("wrapping_entry_ends_at_the_top",
	      count >= 1 && map[0].start == 0x1000 && map[0].bytes == 0x1000 && map[0].type == 1 &&
		      (count == 1 || (count == 2 && map[1].type == 2)));
}

static void full(void)
{
	struct e820_entry raw[64], map[8];

	for (uint32_t i = 0; i < 64; i++)
		raw[i] = (struct e820_entry){i * 0x2000, 0x1000, 1};
	check("full_map_stops", e820_arrange(raw, 64, map, 8) == 8 && map[7].start == 7 * 0x2000);
}

/* What holds at one place, said more slowly. */
static uint32_t model(const struct e820_entry *raw, uint32_t count, uint64_t at)
{
	uint32_t highest = 0;
	bool ram = false;

	for (uint32_t i = 0; i < count; i++) {
		if (at < raw[i].start || at - raw[i].start >= raw[i].bytes)
			continue;
		if (raw[i].type == 1)
			ram = true;
		else
			highest = MAX(highest, raw[i].type);
	}
	return highest ? highest : ram;
}

static uint32_t found(const struct e820_entry *map, uint32_t count, uint64_t at)
{
	for (uint32_t i = 0; i < count; i++)
		if (at >= map[i].start && at - map[i].start < map[i].bytes)
			return map[i].type;
	return 0;
}

static bool one_random(void)
{
	struct e820_entry raw[12], map[E820_MAX];
	uint32_t count = (uint32_t)rand() % 12, used;

	for (uint32_t i = 0; i < count; i++)
		raw[i] = (struct e820_entry){(uint64_t)rand() % 64, (uint64_t)rand() % 24,
					     1 + (uint32_t)rand() % 5};
	used = e820_arrange(raw, count, map, E820_MAX);
	for (uint64_t at = 0; at < 100; at++)
		if (model(raw, count, at) != found(map, used, at))
			return false;
	for (uint32_t i = 0; i + 1 < used; i++)
		if (map[i].start + map[i].bytes > map[i + 1].start ||
		    (map[i].start + map[i].bytes == map[i + 1].start &&
		     map[i].type == map[i + 1].type))
			return false;
	return true;
}

int main(void)
{
	bool good = true;

	by_hand();
	wrapping();
	low_page();
	full();
	srand(1);
	for (int i = 0; i < 20000; i++)
		good = one_random() && good;
	check("random_maps_hold_what_the_model_says", good);
	return failures != 0;
}
