/* SPDX-License-Identifier: MIT */
/* RDMSR: the values a PV kernel sees, and #GP for everything that is not a guest's. */
#include "tests/guest/lib/cpu.h"

static void refuse(const char *name, uint32_t msr)
{
	uint64_t value;

	expect_named(name, msr_read(msr, &value), 13);
}

void guest_main(void)
{
	uint64_t value;

	expect("apic-base", msr_read(0x1b, &value), NONE);
	expect("apic-base-value", value, 0xfee00900);
	expect("pat", msr_read(0x277, &value), NONE);
	expect("pat-value", value, 0x050100070406ul);
	expect("efer", msr_read(0xc0000080, &value), NONE);
	expect("efer-bits", value & 0xd01, 0xd01);
	expect("efer-no-svme", value >> 12 & 1, 0);
	expect("tsc", msr_read(0x10, &value), NONE);
	expect_true("tsc-value", value > 0 && value <= rdtsc());
	expect("fs-base", msr_read(0xc0000100, &value), NONE);
	expect("fs-base-value", value, 0);
	expect("gs-base", msr_read(0xc0000101, &value), NONE);
	expect("kernel-gs-base", msr_read(0xc0000102, &value), NONE);
	expect("mcg-cap", msr_read(0x179, &value), NONE);
	expect("mcg-status", msr_read(0x17a, &value), NONE);
	expect("mcg-status-value", value, 0);
	refuse("lstar", 0xc0000082);
	refuse("star", 0xc0000081);
	refuse("sfmask", 0xc0000084);
	refuse("sysenter-eip", 0x176);
	refuse("mtrr-cap", 0xfe);
	refuse("mtrr-default", 0x2ff);
	refuse("mtrr-base-0", 0x200);
	refuse("x2apic-id", 0x802);
	refuse("tsc-adjust", 0x3b);
	refuse("vmx-basic", 0x480);
	refuse("vm-cr-or-none", 0xc0010117);
	refuse("xss", 0xda0);
	refuse("nowhere-0", 0x0fffffff);
	refuse("nowhere-1", 0xffffffff);
	refuse("nowhere-2", 0xc000ffff);
	refuse("xen-leaf-msr", 0x40000100);
}
