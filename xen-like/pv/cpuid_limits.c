/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/cpuid_limits.c - see cpuid_limits.h.
 */
#include "xen-like/pv/cpuid_limits.h"
#include "xen-like/pv/cpuid_policy.h"

#define NO_SUBLEAF    XEN_CPUID_NO_SUBLEAF
#define EXTENDED      0x80000000u
#define XEN_FIRST     0x40000000u
#define XEN_SECOND    0x40000100u
#define BASIC_LAST    0xdu
#define EXTENDED_LAST 0x80000021u

enum output { A, B, C, D };

const struct cpuid_word cpuid_words[CPUID_WORDS] = {
	{1, NO_SUBLEAF, D},
	{1, NO_SUBLEAF, C},
	{EXTENDED + 1, NO_SUBLEAF, D},
	{EXTENDED + 1, NO_SUBLEAF, C},
	{0xd, 1, A},
	{7, 0, B},
	{7, 0, C},
	{EXTENDED + 7, NO_SUBLEAF, D},
	{EXTENDED + 8, NO_SUBLEAF, B},
	{7, 0, D},
	{7, 1, A},
	{EXTENDED + 0x21, NO_SUBLEAF, A},
	{7, 1, B},
	{7, 2, D},
	{7, 1, C},
	{7, 1, D},
	{0, 0, A}, /* two of ARCH_CAPABILITIES */
	{0, 0, D},
	{EXTENDED + 0x21, NO_SUBLEAF, C},
};

enum { WORD_1D, WORD_1C, WORD_E1D, WORD_E1C };

#define HTT	       (1u << 28)
#define XSAVE	       (1u << 26)
#define OSXSAVE	       (1u << 27)
#define CMP_LEGACY     (1u << 1)
#define E1D_REPEATS_1D 0x0183f3ffu

static uint32_t *output_of(struct cpuid_leaf *leaf, uint8_t output)
{
	uint32_t *const outputs[] = {&leaf->a, &leaf->b, &leaf->c, &leaf->d};

	return outputs[output];
}

struct cpuid_limits cpuid_limits_none(void)
{
	struct cpuid_limits limits = {
		.set = true,
		.max_basic = ~0u,
		.max_extended = ~0u,
	};

	for (unsigned int i = 0; i < CPUID_WORDS; i++)
		limits.words[i] = ~0u;
	return limits;
}

static bool says(unsigned int word, uint32_t leaf, uint32_t subleaf)
{
	const struct cpuid_word *place = &cpuid_words[word];

	return place->leaf != 0 && place->leaf == leaf &&
	       (place->subleaf == NO_SUBLEAF || place->subleaf == subleaf);
}

/* AMD's CPUs say much of leaf 1 a second time; it follows the first. */
static uint32_t left_of(const struct cpuid_limits *limits, unsigned int word)
{
	uint32_t left = limits->words[word];

	if (word == WORD_E1D)
		left = (left & ~E1D_REPEATS_1D) | (limits->words[WORD_1D] & E1D_REPEATS_1D);
	/* Not a feature: whether XSAVE is on. */
	if (word == WORD_1C)
		left = left & XSAVE ? left | OSXSAVE : left & ~OSXSAVE;
	return left;
}

void cpuid_limits_apply(const struct cpuid_limits *limits, uint32_t leaf, uint32_t subleaf,
			struct cpuid_leaf *value)
{
	bool basic = leaf < XEN_FIRST, extended = leaf >= EXTENDED;

	if (!limits->set)
		return;
	if ((basic && leaf > limits->max_basic) || (extended && leaf > limits->max_extended)) {
		*value = (struct cpuid_leaf){0};
		return;
	}
	if (leaf == 0)
		value->a = MIN(value->a, limits->max_basic);
	if (leaf == EXTENDED)
		value->a = MIN(value->a, limits->max_extended);
	for (unsigned int i = 0; i < CPUID_WORDS; i++)
		if (says(i, leaf, subleaf))
			*output_of(value, cpuid_words[i].output) &= left_of(limits, i);
}

/* Leaves 4, 7, 0xb and 0xd come in parts. */
static bool exists(uint32_t leaf, uint32_t subleaf)
{
	switch (leaf) {
	case 4:
		return subleaf < 8;
	case 7:
		return subleaf < 3;
	case 0xb:
		return subleaf < 2;
	case 0xd:
		return subleaf < 63;
	case XEN_FIRST:
	case XEN_SECOND:
		return subleaf == NO_SUBLEAF;
	default:
		return subleaf == NO_SUBLEAF &&
		       (leaf <= BASIC_LAST || (leaf >= EXTENDED && leaf <= EXTENDED_LAST));
	}
}

/* What tools may set though it is not shown. */
static uint32_t tolerated(unsigned int word)
{
	switch (word) {
	case WORD_1D:
		return HTT;
	case WORD_1C:
		return OSXSAVE;
	case WORD_E1D:
		return E1D_REPEATS_1D;
	case WORD_E1C:
		return CMP_LEGACY;
	default:
		return 0;
	}
}

static bool is_more(uint32_t leaf, uint32_t subleaf, const struct cpuid_leaf *wanted,
		    const struct cpuid_leaf *shown)
{
	if (leaf == 0 && (wanted->b != shown->b || wanted->c != shown->c || wanted->d != shown->d))
		return true;
	if (leaf == 0 || leaf == EXTENDED)
		return wanted->a > shown->a;
	/* States of XSAVE. */
	return leaf == 0xd && subleaf == 0 && ((wanted->a & ~shown->a) | (wanted->d & ~shown->d));
}

int cpuid_limits_take(struct cpuid_limits *limits, const xen_cpuid_leaf_t *given,
		      const struct cpuid_leaf *shown)
{
	struct cpuid_leaf wanted = {given->a, given->b, given->c, given->d}, seen = *shown;
	uint32_t leaf = given->leaf, subleaf = given->subleaf;

	if (!exists(leaf, subleaf))
		return -XEN_ERANGE;
	if (is_more(leaf, subleaf, &wanted, shown))
		return -XEN_EINVAL;
	for (unsigned int i = 0; i < CPUID_WORDS; i++) {
		uint32_t value, *left = &limits->words[i];

		if (!says(i, leaf, subleaf))
			continue;
		value = *output_of(&wanted, cpuid_words[i].output);
		if (value & ~(*output_of(&seen, cpuid_words[i].output) | tolerated(i)))
			return -XEN_EINVAL;
		*left = value;
	}
	if (leaf == 0)
		limits->max_basic = wanted.a;
	if (leaf == EXTENDED)
		limits->max_extended = wanted.a;
	return 0;
}
