/* SPDX-License-Identifier: MIT */
/* XSETBV and XGETBV: legal states are taken, others are #GP and change nothing. */
#include "tests/guest/lib/cpu.h"

#define OSXSAVE (1ul << 18)

static long set(uint32_t index, uint64_t value)
{
	return try_asm("xsetbv",
		       :
		       : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		       : "memory");
}

static uint64_t get(void)
{
	uint32_t low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low | (uint64_t)high << 32;
}

void guest_main(void)
{
	uint64_t cr4, all;

	if (!(cpuid_forced(1, 0).ecx >> 26 & 1)) {
		print("PASS xsave.absent");
		return;
	}
	try_asm("mov %%cr4, %0", : "=r"(cr4));
	expect("cr4", try_asm("mov %0, %%cr4", : : "r"(cr4 | OSXSAVE)), NONE);
	try_asm("mov %%cr4, %0", : "=r"(cr4));
	expect("cr4-seen", cr4 & OSXSAVE, OSXSAVE);
	expect("cpuid-osxsave", cpuid_forced(1, 0).ecx >> 27 & 1, 1);
	all = cpuid_forced(13, 0).eax;
	expect("x87", set(0, 1), NONE);
	expect("x87-seen", get(), 1);
	/* CPUID's answer goes by what is set now, also one that was given before. */
	expect("x87-size", cpuid_forced(13, 0).ebx, 576);
	expect("all", set(0, all), NONE);
	expect("all-seen", get(), all);
	expect("all-size", cpuid_forced(13, 0).ebx, cpuid_forced(13, 0).ecx);
	if (all & 4)
		expect_true("all-size-avx", cpuid_forced(13, 0).ebx >= 576 + 256);
	expect("zero", set(0, 0), 13);
	expect("sse-alone", set(0, 2), 13);
	expect("avx-without-sse", set(0, 5), 13);
	expect("unsupported", set(0, all | 1ul << 62), 13);
	expect("index-1", set(1, all), 13);
	expect("index-max", set(~0u, all), 13);
	expect("kept", get(), all);
	expect("xsave", ({
		       static uint8_t area[4096] __attribute__((aligned(64)));
		       try_asm("xsave %0", : "=m"(area) : "a"((uint32_t)all), "d"(0) : "memory");
	       }),
	       NONE);
}
