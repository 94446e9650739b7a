// needs: xen-like/pv/msr_policy.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_msr_policy.c - the MSRs a guest may name, and all the others
 * it may not.
 */
#include <stdio.h>

#include "xen-like/pv/msr_policy.h"

static int failures;

static void check(const char *name, bool good, const char *reason)
{
	if (good) {
		printf("PASS msr_%s\n", name);
	} else {
		printf("FAIL msr_%s: %s\n", name, reason);
		failures++;
	}
}

#define EFER 0xd01ull

static const struct msr_context intel_dom0 = {
	.hardware_domain = true, .boot_vcpu = true, .intel = true, .efer = EFER | 1 << 12};
static const struct msr_context amd_dom0 = {.hardware_domain = true, .amd = true, .efer = EFER};
static const struct msr_context amd_guest = {.amd = true, .efer = EFER};

static bool reads(const struct msr_context *context, uint32_t index, uint64_t wanted)
{
	uint64_t value;

	return msr_read_policy(context, index, &value) == MSR_VALUE && value == wanted;
}

static enum msr_action reading(const struct msr_context *context, uint32_t index)
{
	uint64_t value;

	return msr_read_policy(context, index, &value);
}

static void test_reads(void)
{
	check("apic_base_boot", reads(&intel_dom0, 0x1b, 0xfee00900), "value");
	check("apic_base_other", reads(&amd_dom0, 0x1b, 0xfee00800), "value");
	check("pat", reads(&intel_dom0, 0x277, 0x050100070406), "value");
	check("efer_without_svme", reads(&intel_dom0, 0xc0000080, EFER), "value");
	check("mcg_cap", reads(&intel_dom0, 0x179, 2), "value");
	check("mc0_ctl", reads(&intel_dom0, 0x400, ~0ull), "value");
	check("mc1_status", reads(&intel_dom0, 0x405, 0), "value");
	check("mc2_absent", reading(&intel_dom0, 0x408) == MSR_REFUSE, "not refused");
	check("de_cfg", reads(&amd_guest, 0xc0011029, 2), "value");
	check("de_cfg_intel", reading(&intel_dom0, 0xc0011029) == MSR_REFUSE, "not refused");
	check("syscfg_dom0", reading(&amd_dom0, 0xc0010010) == MSR_HARDWARE, "not the CPU's");
	check("syscfg_guest", reading(&amd_guest, 0xc0010010) == MSR_REFUSE, "not refused");
	check("tsc", reading(&amd_guest, 0x10) == MSR_TIME_STAMP, "not the TSC");
	check("fs", reading(&amd_guest, 0xc0000100) == MSR_BASE_FS, "not FS");
	check("gs", reading(&amd_guest, 0xc0000101) == MSR_BASE_GS, "not GS");
	check("gs_other", reading(&amd_guest, 0xc0000102) == MSR_BASE_GS_OTHER, "not the other GS");
	check("mperf", reading(&intel_dom0, 0xe7) == MSR_REFUSE, "not refused");
	check("misc_enable_shown", msr_show(0x1a0, 1 << 7 | 1) == (1 | 3 << 11), "bits");
	check("others_shown_as_they_are", msr_show(0x8b, 5) == 5, "changed");
}

static enum msr_action writing(const struct msr_context *context, uint32_t index, uint64_t value)
{
	return msr_write_policy(context, index, value);
}

static void test_writes(void)
{
	check("fs_write", writing(&intel_dom0, 0xc0000100, 0x7fffffffffff) == MSR_BASE_FS,
	      "refused");
	check("fs_high", writing(&intel_dom0, 0xc0000100, ~0ull << 47) == MSR_BASE_FS, "refused");
	check("fs_hole", writing(&intel_dom0, 0xc0000100, 1ull << 47) == MSR_REFUSE, "taken");
	check("gs_hole", writing(&intel_dom0, 0xc0000101, 1ull << 63) == MSR_REFUSE, "taken");
	check("gs_other_hole", writing(&intel_dom0, 0xc0000102, 1ull << 62) == MSR_REFUSE, "taken");
	check("efer_same", writing(&intel_dom0, 0xc0000080, EFER) == MSR_DROP, "refused");
	check("efer_svme", writing(&intel_dom0, 0xc0000080, EFER | 1 << 12) == MSR_REFUSE, "taken");
	check("pat_write", writing(&intel_dom0, 0x277, 0x050100070406) == MSR_REFUSE, "taken");
	check("revision_0", writing(&intel_dom0, 0x8b, 0) == MSR_DROP, "refused");
	check("revision_1", writing(&intel_dom0, 0x8b, 1) == MSR_REFUSE, "taken");
	check("revision_amd", writing(&amd_dom0, 0x8b, 0) == MSR_REFUSE, "taken");
	check("microcode", writing(&intel_dom0, 0x79, 0) == MSR_REFUSE, "taken");
	check("perf_ctl", writing(&intel_dom0, 0x199, 5) == MSR_DROP, "refused");
	check("misc_enable", writing(&intel_dom0, 0x1a0, 5) == MSR_DROP, "refused");
	check("hwcr", writing(&amd_guest, 0xc0010015, 5) == MSR_DROP, "refused");
}

/* What may never do anything but fault, whoever asks. */
static void test_never(void)
{
	static const uint32_t never[][2] = {
		{0x174, 0x176}, {0x186, 0x189}, {0x200, 0x20f},		  {0x2ff, 0x2ff},
		{0x800, 0x8ff}, {0x480, 0x4ff}, {0x40000000, 0x400001ff}, {0xc0000081, 0xc0000084},
		{0x48, 0x49},	{0x10a, 0x10b}, {0xda0, 0xda0},		  {0xc0010114, 0xc0010117},
		{0xfe, 0xfe},	{0x3b, 0x3b},	{0xfffffff0, 0xffffffff},
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		for (uint64_t index = never[i][0]; index <= never[i][1]; index++)
			good &= reading(&intel_dom0, (uint32_t)index) == MSR_REFUSE &&
				reading(&amd_dom0, (uint32_t)index) == MSR_REFUSE &&
				writing(&intel_dom0, (uint32_t)index, 0) == MSR_REFUSE &&
				writing(&amd_dom0, (uint32_t)index, 0) == MSR_REFUSE;
	check("never", good, "one is answered");
}

/* No write reaches hardware other than the three bases. */
static void test_sweep(void)
{
	bool good = true;

	for (uint32_t i = 0; i < 0x20000; i++) {
		uint32_t index = i < 0x10000 ? i : 0xc0000000 + (i - 0x10000) * 2;
		enum msr_action action = writing(&amd_dom0, index, 0);

		good &= action == MSR_REFUSE || action == MSR_DROP ||
			(index >= 0xc0000100 && index <= 0xc0000102);
	}
	check("sweep", good, "a write reaches hardware");
}

int main(void)
{
	test_reads();
	test_writes();
	test_never();
	test_sweep();
	return failures != 0;
}
