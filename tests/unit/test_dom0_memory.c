// needs: xen-like/domain/dom0_memory.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_dom0_memory.c - dom0_mem= in every spelling, and what comes of it.
 */
#include "xen-like/base/bits.h"
#include "xen-like/domain/dom0_memory.h"

#include <stdio.h>
#include <string.h>

#define MIB 256ul /* pages */

static int failed;

static void check(const char *name, bool good)
{
	printf(good ? "PASS dom0_memory_%s\n" : "FAIL dom0_memory_%s: not so\n", name);
	failed |= !good;
}

static uint64_t decide(const char *text, uint64_t total_mib, enum dom0_memory_error *error)
{
	struct dom0_machine machine = {total_mib * MIB, (total_mib - 24) * MIB,
				       (MIN(total_mib, 3072) - 24) * MIB};
	struct dom0_mem_option option = {0};
	struct dom0_memory memory = {0};

	if (!dom0_mem_parse(text, &option))
		return ~0ull;
	*error = dom0_memory_decide(&option, &machine, &memory);
	return memory.nr_pages / MIB;
}

static void test_dom0_mem(void)
{
	static const char *const bad[] = {
		"",	     "M",	    "512X",	     "512M,",
		"512M,256M", "min:",	    "max:1G,max:2G", "18446744073709551616",
		"99999999T", "101%",	    "1G+5",	     "-5%",
		"-",	     "512M max:1G", "auto,max:1G"};
	enum dom0_memory_error error = 0;
	bool refused = true;
	struct dom0_mem_option option;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused = refused && !dom0_mem_parse(bad[i], &option);
	check("malformed_dom0_mem", refused);
	check("dom0_mem", dom0_mem_parse("512M,max:1g,min:-64M", &option) &&
				  option.size.bytes == 512ul << 20 &&
				  option.max.bytes == 1ul << 30 && option.min.leave);
	check("size", decide("512M", 2048, &error) == 512 && !error);
	check("kib", decide("524288", 2048, &error) == 512 && !error);
	check("leave", decide("-512M", 2048, &error) == 1536 && !error);
	check("percent", decide("256M+25%", 2048, &error) == 767 && !error);
	check("max", decide("max:512M", 2048, &error) == 512 && !error);
	check("reduced", decide("4G", 2048, &error) == 2048 - 24 - 80 && !error);
	check("default", decide("auto", 2048, &error) == 1920 && !error);
	check("default_big", decide("auto", 8192, &error) == 7680 && !error);
	check("default_small", decide("auto", 512, &error) == 384 && !error);
	decide("4G,min:3G", 2048, &error);
	check("below_minimum", error == DOM0_MEMORY_BELOW_MINIMUM);
	decide("min:2G,max:1G", 8192, &error);
	check("min_above_max", error == DOM0_MEMORY_MIN_ABOVE_MAX);
	decide("-4G", 2048, &error);
	check("nothing_left", error == DOM0_MEMORY_NONE);
}

int main(void)
{
	test_dom0_mem();
	return failed;
}
