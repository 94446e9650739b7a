/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/cpuid_limits.h - a domain may be given less of a CPU than
 * cpuid_policy.h would show it: its tools say which leaves, set_cpu_policy.
 * Pure; the words of features are numbered as in <xen/arch-x86/cpufeatureset.h>.
 */
#pragma once

#include "xen-like/base/abi.h"

struct cpuid_leaf; /* pv/cpuid_policy.h */

#define CPUID_WORDS 19

/* Where a word of features is said; leaf 0: by an MSR, which no guest is shown. */
struct cpuid_word {
	uint32_t leaf, subleaf;
	uint8_t output; /* 0..3: a, b, c, d */
};
extern const struct cpuid_word cpuid_words[CPUID_WORDS];

/* What is left of each word; all ones where nobody has said less. */
struct cpuid_limits {
	bool set; /* false: no limits, and the rest means nothing */
	uint32_t max_basic, max_extended;
	uint32_t words[CPUID_WORDS];
};

/* No limits yet. */
struct cpuid_limits cpuid_limits_none(void);

/* Takes from a leaf what the limits do not leave. */
void cpuid_limits_apply(const struct cpuid_limits *limits, uint32_t leaf, uint32_t subleaf,
			struct cpuid_leaf *value);

/*
 * Makes *limits those of one leaf the tools give, of which `shown` is what the
 * domain would see without.  -XEN_EINVAL: it asks for more than that;
 * -XEN_ERANGE: there is no such leaf or subleaf.  Flags that only tell of a CPU's
 * neighbours or repeat others may be set by tools, and are not shown for that.
 */
MUST_CHECK
int cpuid_limits_take(struct cpuid_limits *limits, const xen_cpuid_leaf_t *given,
		      const struct cpuid_leaf *shown);
