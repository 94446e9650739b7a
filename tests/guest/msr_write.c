/* SPDX-License-Identifier: MIT */
/* WRMSR: segment bases by value, EFER unchanged, everything else #GP. */
#include "tests/guest/lib/cpu.h"

static void refuse(const char *name, uint32_t msr, uint64_t value)
{
	expect_named(name, msr_write(msr, value), 13);
}

static void base(const char *write, const char *read, const char *bad, const char *kept,
		 uint32_t msr)
{
	uint64_t value;

	expect_named(write, msr_write(msr, 0xffffffff80123000ul), NONE);
	msr_read(msr, &value);
	expect_named(read, value, 0xffffffff80123000ul);
	expect_named(bad, msr_write(msr, NON_CANONICAL), 13);
	msr_read(msr, &value);
	expect_named(kept, value, 0xffffffff80123000ul);
	msr_write(msr, 0);
}

void guest_main(void)
{
	static uint64_t there = 0x1122334455667788ul;
	uint64_t value;

	base("fs-base", "fs-base-read", "fs-base-bad", "fs-base-kept", 0xc0000100);
	base("gs-base", "gs-base-read", "gs-base-bad", "gs-base-kept", 0xc0000101);
	base("kgs-base", "kgs-base-read", "kgs-base-bad", "kgs-base-kept", 0xc0000102);
	msr_write(0xc0000101, (uint64_t)&there);
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	expect("gs-used", value, there);
	msr_write(0xc0000100, (uint64_t)&there);
	asm volatile("mov %%fs:0, %0" : "=r"(value));
	expect("fs-used", value, there);
	msr_read(0xc0000080, &value);
	expect("efer-same", msr_write(0xc0000080, value), NONE);
	refuse("efer-svme", 0xc0000080, value | 1ul << 12);
	refuse("efer-no-nx", 0xc0000080, value & ~(1ul << 11));
	refuse("efer-reserved", 0xc0000080, value | 1ul << 60);
	refuse("apic-base", 0x1b, 0xfee00900);
	refuse("pat", 0x277, 0x0007040600070406ul);
	refuse("tsc", 0x10, 0);
	refuse("lstar", 0xc0000082, (uint64_t)guest_main);
	refuse("star", 0xc0000081, 0);
	refuse("sfmask", 0xc0000084, 0);
	refuse("sysenter-cs", 0x174, 0);
	refuse("sysenter-eip", 0x176, 0);
	refuse("mtrr-default", 0x2ff, 0);
	refuse("x2apic-eoi", 0x80b, 0);
	refuse("x2apic-icr", 0x830, 0x4500);
	refuse("vm-hsave", 0xc0010117, 0x1000);
	refuse("nowhere-0", 0x0fffffff, 0);
	refuse("nowhere-1", 0xffffffff, 0);
	refuse("tsc-adjust", 0x3b, 0);
	refuse("microcode", 0x79, 0);
	refuse("microcode-amd", 0xc0010020, 0);
}
