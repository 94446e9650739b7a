// needs: xen-like/pv/cpuid_policy.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_cpuid_policy.c - a host that has everything, one that has
 * nothing, and what guests see of them.
 */
#include <stdio.h>
#include <string.h>

#include "xen-like/pv/cpuid_policy.h"

static int failures;

static void check(const char *name, bool good, const char *reason)
{
	if (good) {
		printf("PASS cpuid_%s\n", name);
	} else {
		printf("FAIL cpuid_%s: %s\n", name, reason);
		failures++;
	}
}

#define ALL 0xffffffffu

static bool amd_host;
static uint32_t last_basic, last_extended;
static bool asked_beyond;

/* Every bit of every leaf, with sane sizes where sizes are. */
static void full_host(uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out)
{
	*out = (struct cpuid_leaf){ALL, ALL, ALL, ALL};
	asked_beyond |= leaf > last_basic && leaf < 0x80000000;
	asked_beyond |= leaf > last_extended;
	if (leaf == 0)
		*out = (struct cpuid_leaf){last_basic, amd_host ? 0x68747541 : 0x756e6547, 1, 2};
	if (leaf == 0x80000000)
		*out = (struct cpuid_leaf){.a = last_extended};
	if (leaf == 0x80000008)
		*out = (struct cpuid_leaf){.a = 57 << 8 | 46, .b = ALL, .c = ALL, .d = ALL};
	if (leaf == 0xd && subleaf == 2)
		*out = (struct cpuid_leaf){.a = 256, .b = 576};
	if (leaf == 0xd && subleaf == 5)
		*out = (struct cpuid_leaf){.a = 64, .b = 1088};
	if (leaf == 0xd && subleaf == 6)
		*out = (struct cpuid_leaf){.a = 512, .b = 1152};
	if (leaf == 0xd && subleaf == 7)
		*out = (struct cpuid_leaf){.a = 1024, .b = 1664, .c = 2};
}

static struct cpuid_context full(void)
{
	amd_host = false;
	last_basic = 0x20;
	last_extended = 0x80000030;
	return (struct cpuid_context){
		.host = full_host,
		.hardware_domain = true,
		.vcpu_id = 3,
		.xcr0 = 7,
		.xcr0_all = 0xe7,
		.fsgsbase = true,
		.tsc_constant = true,
		.tsc_khz = 2000000,
		.physical_bits = 46,
	};
}

static bool same(struct cpuid_leaf leaf, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return leaf.a == a && leaf.b == b && leaf.c == c && leaf.d == d;
}

static void test_xen_leaves(void)
{
	struct cpuid_context context = full();

	check("signature",
	      same(cpuid_policy(&context, 0x40000000, 0), 0x40000005, 0x566e6558, 0x65584d4d,
		   0x4d4d566e),
	      "differs");
	check("version", same(cpuid_policy(&context, 0x40000001, 0), 0x40011, 0, 0, 0), "differs");
	check("pages", same(cpuid_policy(&context, 0x40000002, 0), 1, 0x40000000, 1, 0), "differs");
	check("time", same(cpuid_policy(&context, 0x40000003, 0), 6, 0, 2000000, 0), "differs");
	check("host_khz", same(cpuid_policy(&context, 0x40000003, 2), 2000000, 0, 0, 0), "differs");
	check("hvm", same(cpuid_policy(&context, 0x40000004, 0), 0, 0, 0, 0), "not zero");
	check("width", same(cpuid_policy(&context, 0x40000005, 0), 0, 44, 0, 0), "differs");
	check("beyond", same(cpuid_policy(&context, 0x40000006, 0), 0, 0, 0, 0), "not zero");
	check("next_base", same(cpuid_policy(&context, 0x40000100, 0), 0, 0, 0, 0), "not zero");
}

static void test_features(void)
{
	struct cpuid_context context = full();
	struct cpuid_leaf one = cpuid_policy(&context, 1, 0), seven = cpuid_policy(&context, 7, 0);
	struct cpuid_leaf more = cpuid_policy(&context, 0x80000001, 0);

	/* MONITOR DS_CPL VMX SMX, PDCM PCID DCA, x2APIC, deadline */
	check("hidden_1_c",
	      (one.c & (1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 15 | 1 << 17 | 1 << 18 |
			1 << 21 | 1 << 24)) == 0,
	      "shown");
	/* VME PSE MTRR PGE PSE36 DS HTT */
	check("hidden_1_d",
	      (one.d & (1 << 1 | 1 << 3 | 1 << 12 | 1 << 13 | 1 << 17 | 1 << 21 | 1 << 28)) == 0,
	      "shown");
	check("shown_1_c",
	      (one.c & (1u << 31 | 3 << 26 | 1 << 13)) == (1u << 31 | 3 << 26 | 1 << 13), "hidden");
	check("apic_acpi_dom0", (one.d & (1 << 9 | 1 << 22)) == (1 << 9 | 1 << 22), "hidden");
	check("apic_id", one.b >> 24 == 3, "not the vCPU's");
	/* TSC_ADJUST SGX HLE SMEP INVPCID RTM PQM MPX PQE SMAP PT */
	check("hidden_7_b",
	      (seven.b & (1 << 1 | 1 << 2 | 1 << 4 | 1 << 7 | 1 << 10 | 1 << 11 | 1 << 12 |
			  1 << 14 | 1 << 15 | 1 << 20 | 1 << 25)) == 0,
	      "shown");
	/* UMIP PKU OSPKE WAITPKG CET LA57 RDPID */
	check("hidden_7_c",
	      (seven.c & (1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 16 | 1 << 22)) == 0,
	      "shown");
	/* IBT, IBRS STIBP L1D_FLUSH ARCH_CAP CORE_CAP SSBD */
	check("hidden_7_d", (seven.d & (1 << 20 | 0xfcu << 24)) == 0, "shown");
	check("fsgsbase", seven.b & 1, "hidden");
	check("hidden_extended",
	      (more.c & (1 << 2 | 1 << 3 | 1 << 4 | 1 << 9 | 1 << 22)) == 0 && !(more.d & 1 << 26),
	      "shown");
	check("shown_extended",
	      (more.d & (1 << 11 | 1 << 20 | 1 << 29 | 1 << 27)) ==
		      (1 << 11 | 1 << 20 | 1 << 29 | 1 << 27),
	      "hidden");
	check("no_beyond", !asked_beyond, "the host was asked for a leaf it lacks");
}

static void test_domu(void)
{
	struct cpuid_context context = full();
	struct cpuid_leaf one;

	context.hardware_domain = false;
	one = cpuid_policy(&context, 1, 0);
	check("apic_acpi_domu", !(one.d & (1 << 9 | 1 << 22)), "shown");
}

static void test_without_xsave(void)
{
	struct cpuid_context context = full();
	struct cpuid_leaf one, seven;

	context.xcr0_all = 0;
	context.fsgsbase = false;
	one = cpuid_policy(&context, 1, 0);
	seven = cpuid_policy(&context, 7, 0);
	check("no_xsave", !(one.c & (1 << 26 | 1 << 27 | 1 << 28 | 1 << 12 | 1 << 29)), "shown");
	check("no_avx", !(seven.b & (1 << 5 | 1 << 16 | 1 << 17)) && !(seven.c & 3 << 9), "shown");
	check("no_fsgsbase", !(seven.b & 1), "shown");
	check("no_leaf_d", same(cpuid_policy(&context, 0xd, 0), 0, 0, 0, 0), "not zero");
	context.xcr0_all = 7;
	check("avx_without_512",
	      cpuid_policy(&context, 7, 0).b & 1 << 5 &&
		      !(cpuid_policy(&context, 7, 0).b & 1 << 16),
	      "differs");
}

static void test_extended_state(void)
{
	struct cpuid_context context = full();

	check("state_sizes", same(cpuid_policy(&context, 0xd, 0), 0xe7, 832, 2688, 0), "differs");
	check("state_compacted", same(cpuid_policy(&context, 0xd, 1), 7, 832, 0, 0), "differs");
	check("state_avx", same(cpuid_policy(&context, 0xd, 2), 256, 576, 0, 0), "differs");
	check("state_hidden", same(cpuid_policy(&context, 0xd, 9), 0, 0, 0, 0), "not zero");
	check("state_last", same(cpuid_policy(&context, 0xd, ALL), 0, 0, 0, 0), "not zero");
	context.xcr0 = 0;
	check("state_none_yet", cpuid_policy(&context, 0xd, 0).b == 576, "differs");
}

static void test_maxima(void)
{
	struct cpuid_context context = full();
	uint32_t repeated;

	check("max_basic", cpuid_policy(&context, 0, 0).a == 0xd, "differs");
	check("max_extended", cpuid_policy(&context, 0x80000000, 0).a == 0x80000008, "differs");
	check("address_bits", cpuid_policy(&context, 0x80000008, 0).a == (48 << 8 | 46), "differs");
	amd_host = true;
	check("max_extended_amd", cpuid_policy(&context, 0x80000000, 0).a == 0x80000021, "differs");
	/* AMD repeats leaf 1's low bits: VME PSE MTRR PGE PSE36 are hidden here too. */
	repeated = cpuid_policy(&context, 0x80000001, 0).d;
	check("repeated_hidden", !(repeated & (1 << 1 | 1 << 3 | 1 << 12 | 1 << 13 | 1 << 17)),
	      "shown");
	check("repeated_shown", (repeated & 0x01818175) == 0x01818175, "hidden");
	last_basic = 1;
	last_extended = 0x80000001;
	asked_beyond = false;
	check("small_max",
	      cpuid_policy(&context, 0, 0).a == 1 &&
		      cpuid_policy(&context, 0x80000000, 0).a == 0x80000001,
	      "differs");
	check("small_absent",
	      same(cpuid_policy(&context, 7, 0), 0, 0, 0, 0) &&
		      same(cpuid_policy(&context, 0x80000008, 0), 0, 0, 0, 0) && !asked_beyond,
	      "not zero");
}

/* Leaves that nobody has listed tell nothing. */
static void test_unlisted(void)
{
	static const uint32_t hidden[] = {
		3,	    5,		6,	    8,		9,	    0xa,
		0xb,	    0xc,	0xe,	    0x14,	0x15,	    0x1f,
		0x20,	    0x21,	0x20000000, 0x3fffffff, 0x4fffffff, 0x80000009,
		0x8000000a, 0x8000001e, 0x80000022, 0x8fffffff, 0xc0000000, ALL};
	struct cpuid_context context = full();
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		good &= same(cpuid_policy(&context, hidden[i], 0), 0, 0, 0, 0);
	check("unlisted", good, "not zero");
}

int main(void)
{
	test_xen_leaves();
	test_features();
	test_domu();
	test_without_xsave();
	test_extended_state();
	test_maxima();
	test_unlisted();
	return failures != 0;
}
