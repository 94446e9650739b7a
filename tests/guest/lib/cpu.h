/* SPDX-License-Identifier: MIT */
/* Instructions a PV kernel executes knowing that the hypervisor will have to help. */
#pragma once

#include "tests/guest/lib/guest.h"

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* CPUID behind the prefix that asks for the hypervisor's answer. */
static inline struct cpuid cpuid_forced(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid out = {.eax = leaf, .ecx = subleaf};

	asm volatile("ud2; .ascii \"xen\"; cpuid"
		     : "+a"(out.eax), "=b"(out.ebx), "+c"(out.ecx), "=d"(out.edx));
	return out;
}

/* NONE and the value, or the vector. */
static inline long msr_read(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0;
	long vector = try_asm("rdmsr", : "+a"(low), "+d"(high) : "c"(msr) : "memory");

	*value = low | (uint64_t)high << 32;
	return vector;
}

static inline long msr_write(uint32_t msr, uint64_t value)
{
	return try_asm("wrmsr",
		       :
		       : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr)
		       : "memory");
}

static inline bool is_amd(void)
{
	return cpuid_forced(0, 0).ebx == 0x68747541;
}
