/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/cpuid_policy.c - see cpuid_policy.h; bits are those of the Intel
 * and AMD manuals.
 *
 * Hidden: what needs ring 0 or Enso's own control registers (PGE, SMEP, SMAP,
 * PCID, PKU, UMIP, LA57, XSAVES, MONITOR, VMX, SVM...), large pages, what has
 * MSRs that msr_policy.def refuses (MTRR, x2APIC, SPEC_CTRL, TSC_ADJUST...),
 * performance counters, and the host's topology: every vCPU is a package.
 */
#include "xen-like/pv/cpuid_policy.h"

#define BIT(n)		      (1u << (n))

#define LEAF_BASIC_MAX	      0xdu
#define LEAF_EXTENDED	      0x80000000u
#define LEAF_EXTENDED_MAX     0x80000008u
#define LEAF_EXTENDED_MAX_AMD 0x80000021u
#define XEN_VERSION	      (4u << 16 | 17u)

/* SSE3 PCLMUL SSSE3 FMA CX16, SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE, AVX F16C RDRAND */
#define LEAF_1_C                                                                                   \
	(BIT(0) | BIT(1) | BIT(9) | BIT(12) | BIT(13) | BIT(19) | BIT(20) | BIT(22) | BIT(23) |    \
	 BIT(25) | BIT(26) | BIT(28) | BIT(29) | BIT(30))
#define LEAF_1_C_XSAVE	    BIT(26)
#define LEAF_1_C_OSXSAVE    BIT(27)
#define LEAF_1_C_HYPERVISOR BIT(31)
#define LEAF_1_C_NEEDS_AVX  (BIT(12) | BIT(28) | BIT(29))
/* FPU DE TSC MSR PAE MCE CX8, SEP MCA CMOV PAT CLFLUSH, MMX FXSR SSE SSE2 SS */
#define LEAF_1_D                                                                                   \
	(BIT(0) | BIT(2) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(14) |        \
	 BIT(15) | BIT(16) | BIT(19) | BIT(23) | BIT(24) | BIT(25) | BIT(26) | BIT(27))
#define LEAF_1_D_HARDWARE (BIT(9) | BIT(22)) /* APIC, ACPI: dom0's */

/* FSGSBASE BMI1 AVX2 BMI2 ERMS, RDSEED ADX CLFLUSHOPT CLWB SHA, and AVX512 */
#define LEAF_7_B_FSGSBASE BIT(0)
#define LEAF_7_B                                                                                   \
	(LEAF_7_B_FSGSBASE | BIT(3) | BIT(5) | BIT(8) | BIT(9) | BIT(18) | BIT(19) | BIT(23) |     \
	 BIT(24) | BIT(29) | LEAF_7_B_AVX512)
#define LEAF_7_B_AVX2 BIT(5)
#define LEAF_7_B_AVX512                                                                            \
	(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31))
/* GFNI, CLDEMOTE MOVDIRI MOVDIR64B, VAES VPCLMULQDQ, AVX512 */
#define LEAF_7_C_AVX	(BIT(9) | BIT(10))
#define LEAF_7_C_AVX512 (BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14))
#define LEAF_7_C	(BIT(8) | BIT(25) | BIT(27) | BIT(28) | LEAF_7_C_AVX | LEAF_7_C_AVX512)
/* FSRM MD_CLEAR SERIALIZE, AVX512 */
#define LEAF_7_D_AVX512 (BIT(2) | BIT(3) | BIT(8))
#define LEAF_7_D	(BIT(4) | BIT(10) | BIT(14) | LEAF_7_D_AVX512)
/* Subleaf 1: AVX_VNNI, AVX512_BF16, FZRM FSRS FSRCS */
#define LEAF_7_1_A_AVX	  BIT(4)
#define LEAF_7_1_A_AVX512 BIT(5)
#define LEAF_7_1_A	  (LEAF_7_1_A_AVX | LEAF_7_1_A_AVX512 | BIT(10) | BIT(11) | BIT(12))

#define LEAF_D_1_A	  (BIT(0) | BIT(1) | BIT(2)) /* XSAVEOPT XSAVEC XGETBV(1) */

/* LAHF, ABM SSE4A MISALIGNSSE PREFETCH, XOP, FMA4, TBM */
#define LEAF_EXTENDED_1_C	    (BIT(0) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(16) | BIT(21))
#define LEAF_EXTENDED_1_C_NEEDS_AVX (BIT(11) | BIT(16))
/* SYSCALL NX MMXEXT RDTSCP LM 3DNOWEXT 3DNOW; AMD repeats leaf 1's low bits here */
#define LEAF_EXTENDED_1_D	   (BIT(11) | BIT(20) | BIT(22) | BIT(27) | BIT(29) | BIT(30) | BIT(31))
#define LEAF_EXTENDED_1_D_REPEATED 0x0183f3ffu
#define LEAF_1_D_SEP		   BIT(11)
#define LEAF_EXTENDED_7_D	   BIT(8)	     /* the TSC runs in all states */
#define LEAF_EXTENDED_8_B	   (BIT(0) | BIT(2)) /* CLZERO, error pointers always restored */
#define LEAF_EXTENDED_21_A	   (BIT(2) | BIT(6)) /* LFENCE serialises, null selectors clear bases */

#define XCR0_AVX		   0x4ull
#define XCR0_AVX512		   0xe0ull
#define XSAVE_LEGACY_BYTES	   576u
#define XSAVE_STATES		   63

static struct cpuid_leaf host(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_leaf out = {0};

	context->host(leaf, subleaf, &out);
	return out;
}

static bool has_avx(const struct cpuid_context *context)
{
	return (context->xcr0_all & XCR0_AVX) != 0;
}

static bool has_avx512(const struct cpuid_context *context)
{
	return (context->xcr0_all & XCR0_AVX512) == XCR0_AVX512;
}

static bool is_amd(const struct cpuid_context *context)
{
	uint32_t name = host(context, 0, 0).b;

	return name == 0x68747541 || name == 0x6f677948; /* Auth, Hygo */
}

static uint32_t feature_mask_1_d(const struct cpuid_context *context)
{
	return LEAF_1_D | (context->hardware_domain ? LEAF_1_D_HARDWARE : 0);
}

static void show_1(const struct cpuid_context *context, struct cpuid_leaf *leaf)
{
	/* Brand and cache line stay; one logical CPU, its APIC id the vCPU's. */
	leaf->b = (leaf->b & 0xffff) | 1u << 16 | (context->vcpu_id & 0xff) << 24;
	leaf->c &= LEAF_1_C;
	leaf->d &= feature_mask_1_d(context);
	if (!context->xcr0_all)
		leaf->c &= ~LEAF_1_C_XSAVE;
	if (!has_avx(context))
		leaf->c &= ~LEAF_1_C_NEEDS_AVX;
	/* Linux wants to see both before it sets CR4. */
	if (leaf->c & LEAF_1_C_XSAVE)
		leaf->c |= LEAF_1_C_OSXSAVE;
	leaf->c |= LEAF_1_C_HYPERVISOR;
}

/* Caches, without who shares them. */
static void show_4(struct cpuid_leaf *leaf)
{
	leaf->a &= 0x3fff;
}

static void show_7(const struct cpuid_context *context, uint32_t subleaf, struct cpuid_leaf *leaf)
{
	if (subleaf == 1) {
		*leaf = (struct cpuid_leaf){.a = leaf->a & LEAF_7_1_A};
		if (!has_avx(context))
			leaf->a &= ~LEAF_7_1_A_AVX;
		if (!has_avx512(context))
			leaf->a &= ~LEAF_7_1_A_AVX512;
		return;
	}
	if (subleaf > 1) {
		*leaf = (struct cpuid_leaf){0};
		return;
	}
	leaf->a = MIN(leaf->a, 1u);
	leaf->b &= LEAF_7_B;
	leaf->c &= LEAF_7_C;
	leaf->d &= LEAF_7_D;
	if (!context->fsgsbase)
		leaf->b &= ~LEAF_7_B_FSGSBASE;
	if (!has_avx(context)) {
		leaf->b &= ~LEAF_7_B_AVX2;
		leaf->c &= ~LEAF_7_C_AVX;
	}
	if (!has_avx512(context)) {
		leaf->b &= ~LEAF_7_B_AVX512;
		leaf->c &= ~LEAF_7_C_AVX512;
		leaf->d &= ~LEAF_7_D_AVX512;
	}
}

/* Bytes of a saved area in the standard form, or the compacted one. */
static uint32_t xsave_bytes(const struct cpuid_context *context, uint64_t states, bool compacted)
{
	uint32_t bytes = XSAVE_LEGACY_BYTES;

	for (uint32_t i = 2; i < XSAVE_STATES; i++) {
		struct cpuid_leaf state;

		if (!(states >> i & 1))
			continue;
		state = host(context, 0xd, i);
		if (!compacted) {
			bytes = MAX(bytes, state.b + state.a);
			continue;
		}
		if (state.c & 2)
			bytes = (bytes + 63) & ~63u;
		bytes += state.a;
	}
	return bytes;
}

static void show_d(const struct cpuid_context *context, uint32_t subleaf, struct cpuid_leaf *leaf)
{
	uint64_t all = context->xcr0_all, now = context->xcr0 & all;

	if (subleaf == 0 && all) {
		leaf->a = (uint32_t)all;
		leaf->d = (uint32_t)(all >> 32);
		leaf->b = xsave_bytes(context, now, false);
		leaf->c = xsave_bytes(context, all, false);
	} else if (subleaf == 1 && all) {
		leaf->a &= LEAF_D_1_A;
		leaf->b = leaf->a & BIT(1) ? xsave_bytes(context, now, true) : 0;
		leaf->c = 0;
		leaf->d = 0;
	} else if (subleaf >= 2 && subleaf < XSAVE_STATES && (all >> subleaf & 1)) {
		leaf->c &= 2; /* a user state; aligned when compacted */
		leaf->d = 0;
	} else {
		*leaf = (struct cpuid_leaf){0};
	}
}

static struct cpuid_leaf basic(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_leaf max = host(context, 0, 0), out;

	max.a = MIN(max.a, LEAF_BASIC_MAX);
	if (leaf == 0)
		return max;
	if (leaf > max.a)
		return (struct cpuid_leaf){0};
	out = host(context, leaf, subleaf);
	switch (leaf) {
	case 1:
		show_1(context, &out);
		return out;
	case 2:
		return out;
	case 4:
		show_4(&out);
		return out;
	case 7:
		show_7(context, subleaf, &out);
		return out;
	case 0xd:
		show_d(context, subleaf, &out);
		return out;
	default:
		/* 3 serial, 5 MONITOR, 6 power, 9 DCA, 0xa counters, 0xb topology */
		return (struct cpuid_leaf){0};
	}
}

static void show_extended_1(const struct cpuid_context *context, struct cpuid_leaf *leaf)
{
	uint32_t repeated = 0;

	/* SEP is not among what AMD repeats: that bit is SYSCALL here. */
	if (is_amd(context))
		repeated = leaf->d & LEAF_EXTENDED_1_D_REPEATED & feature_mask_1_d(context) &
			   ~LEAF_1_D_SEP;
	leaf->c &= LEAF_EXTENDED_1_C;
	leaf->d = (leaf->d & LEAF_EXTENDED_1_D) | repeated;
	if (!has_avx(context))
		leaf->c &= ~LEAF_EXTENDED_1_C_NEEDS_AVX;
}

static void show_extended_8(struct cpuid_leaf *leaf)
{
	uint32_t physical = leaf->a & 0xff;

	*leaf = (struct cpuid_leaf){.a = 48u << 8 | physical, .b = leaf->b & LEAF_EXTENDED_8_B};
}

static struct cpuid_leaf extended(const struct cpuid_context *context, uint32_t leaf)
{
	struct cpuid_leaf max = host(context, LEAF_EXTENDED, 0), out;

	max.a = MIN(max.a, is_amd(context) ? LEAF_EXTENDED_MAX_AMD : LEAF_EXTENDED_MAX);
	if (leaf == LEAF_EXTENDED)
		return max;
	if (leaf > max.a)
		return (struct cpuid_leaf){0};
	out = host(context, leaf, 0);
	switch (leaf - LEAF_EXTENDED) {
	case 1:
		show_extended_1(context, &out);
		return out;
	case 2 ... 6: /* name, caches */
		return out;
	case 7:
		return (struct cpuid_leaf){.d = out.d & LEAF_EXTENDED_7_D};
	case 8:
		show_extended_8(&out);
		return out;
	case 0x21:
		return (struct cpuid_leaf){.a = out.a & LEAF_EXTENDED_21_A};
	default:
		return (struct cpuid_leaf){0};
	}
}

/* How the TSC counts: subleaf 0 in words, 1 for the guest's clock, 2 the host's rate. */
static struct cpuid_leaf time_stamp(const struct cpuid_context *context, uint32_t subleaf)
{
	bool rdtscp = host(context, LEAF_EXTENDED, 0).a > LEAF_EXTENDED &&
		      (host(context, LEAF_EXTENDED + 1, 0).d & BIT(27));

	switch (subleaf) {
	case 0:
		return (struct cpuid_leaf){
			.a = (context->tsc_constant ? BIT(1) : 0) | (rdtscp ? BIT(2) : 0),
			.c = context->tsc_khz,
		};
	case 1:
		return (struct cpuid_leaf){
			.c = context->tsc_multiplier,
			.d = (uint32_t)(int32_t)context->tsc_shift,
		};
	case 2:
		return (struct cpuid_leaf){.a = context->tsc_khz};
	default:
		return (struct cpuid_leaf){0};
	}
}

static struct cpuid_leaf xen_leaf(const struct cpuid_context *context, uint32_t leaf,
				  uint32_t subleaf)
{
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		return (struct cpuid_leaf){
			.a = XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES),
			.b = XEN_CPUID_SIGNATURE_EBX,
			.c = XEN_CPUID_SIGNATURE_ECX,
			.d = XEN_CPUID_SIGNATURE_EDX,
		};
	case 1:
		return (struct cpuid_leaf){.a = XEN_VERSION};
	case 2: /* one hypercall page, its MSR */
		return (struct cpuid_leaf){
			.a = 1,
			.b = 0x40000000,
			.c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD,
		};
	case 3:
		return time_stamp(context, subleaf);
	case 5: /* more than 44 bits would make Linux ask for grants version 2 */
		return (struct cpuid_leaf){.b = MIN(context->physical_bits, 44u)};
	default: /* 4 is for hardware-virtualised guests */
		return (struct cpuid_leaf){0};
	}
}

struct cpuid_leaf cpuid_policy(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf)
{
	if (leaf >= LEAF_EXTENDED && leaf <= LEAF_EXTENDED_MAX_AMD)
		return extended(context, leaf);
	if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100)
		return xen_leaf(context, leaf, subleaf);
	if (leaf <= LEAF_BASIC_MAX)
		return basic(context, leaf, subleaf);
	return (struct cpuid_leaf){0};
}
