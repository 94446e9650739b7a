/* SPDX-License-Identifier: MIT */
/* Forced CPUID: Xen's own leaves, and what a PV kernel must and must not be shown. */
#include "tests/guest/lib/cpu.h"

static void claim_hidden(void)
{
	struct cpuid one = cpuid_forced(1, 0), seven = cpuid_forced(7, 0);
	struct cpuid ext = cpuid_forced(0x80000001, 0);

	expect("hide-vme", one.edx >> 1 & 1, 0);
	expect("hide-pse", one.edx >> 3 & 1, 0);
	expect("hide-pge", one.edx >> 13 & 1, 0);
	expect("hide-pse36", one.edx >> 17 & 1, 0);
	expect("hide-monitor", one.ecx >> 3 & 1, 0);
	expect("hide-vmx", one.ecx >> 5 & 1, 0);
	expect("hide-pcid", one.ecx >> 17 & 1, 0);
	expect("hide-x2apic", one.ecx >> 21 & 1, 0);
	expect("hide-deadline", one.ecx >> 24 & 1, 0);
	expect("hide-smep", seven.ebx >> 7 & 1, 0);
	expect("hide-smap", seven.ebx >> 20 & 1, 0);
	expect("hide-invpcid", seven.ebx >> 10 & 1, 0);
	expect("hide-umip", seven.ecx >> 2 & 1, 0);
	expect("hide-pku", seven.ecx >> 3 & 1, 0);
	expect("hide-la57", seven.ecx >> 16 & 1, 0);
	expect("hide-svm", ext.ecx >> 2 & 1, 0);
	expect("hide-1g-pages", ext.edx >> 26 & 1, 0);
	expect("hide-cr8", ext.ecx >> 4 & 1, 0);
}

static void claim_shown(void)
{
	struct cpuid one = cpuid_forced(1, 0), ext = cpuid_forced(0x80000001, 0);

	expect("hypervisor-bit", one.ecx >> 31, 1);
	expect("show-fpu-tsc-msr-pae-cx8-cmov", one.edx & 0x8171, 0x8171);
	expect("show-pat", one.edx >> 16 & 1, 1);
	expect("show-fxsr-sse-sse2", one.edx >> 24 & 7, 7);
	expect("show-apic-in-dom0", one.edx >> 9 & 1, 1);
	expect("show-syscall", ext.edx >> 11 & 1, 1);
	expect("show-nx", ext.edx >> 20 & 1, 1);
	expect("show-long-mode", ext.edx >> 29 & 1, 1);
	if (one.ecx >> 26 & 1) {
		/* OSXSAVE follows CR4, which the guest has not set... or the hypervisor's own. */
		struct cpuid d = cpuid_forced(13, 0);

		expect("xsave-states", d.eax & 3, 3);
		expect_true("xsave-size", d.ebx >= 512 && d.ebx <= d.ecx && d.ecx <= 16384);
		expect("hide-xsaves", cpuid_forced(13, 1).eax >> 3 & 1, 0);
	}
}

void guest_main(void)
{
	struct cpuid base = cpuid_forced(0x40000000, 0), c;

	expect("xen-signature-ebx", base.ebx, 0x566e6558);
	expect("xen-signature-ecx", base.ecx, 0x65584d4d);
	expect("xen-signature-edx", base.edx, 0x4d4d566e);
	expect_true("xen-max-leaf", base.eax >= 0x40000002 && base.eax <= 0x40000010);
	expect("xen-version", cpuid_forced(0x40000001, 0).eax, 4 << 16 | 17);
	c = cpuid_forced(0x40000002, 0);
	expect("xen-pages", c.eax, 1);
	expect("xen-msr", c.ebx, 0x40000000);
	expect("xen-preserve-ad", c.ecx & 1, 1);
	c = cpuid_forced(0x40000003, 0);
	expect("xen-tsc-mode", c.ebx, 0);
	c = cpuid_forced(0x40000003, 2);
	expect_true("xen-host-khz", c.eax > 10000);
	expect("xen-hvm-leaf", cpuid_forced(0x40000004, 0).eax, 0);
	c = cpuid_forced(0x40000005, 0);
	expect_true("xen-pv-leaf-width", (c.ebx & 0xff) <= 44);
	c = cpuid_forced(0x40000100, 0);
	expect_true("xen-leaf-100", c.ebx != 0x566e6558);
	expect_true("max-leaf", cpuid_forced(0, 0).eax >= 7);
	claim_hidden();
	claim_shown();
	/* A bad prefix is an ordinary #UD; one that runs off the page is a #PF. */
	expect("prefix-alone", try_asm("ud2; .ascii \"xen\"; nop; nop"), 6);
	expect("prefix-wrong", try_asm("ud2; .ascii \"xem\"; cpuid"), 6);
}
