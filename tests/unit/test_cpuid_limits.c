// needs: xen-like/pv/cpuid_limits.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_cpuid_limits.c - less of a CPU: what tools may ask for, and
 * what is then left of each leaf.
 */
#include "tests/unit/check.h"
#include "xen-like/pv/cpuid_limits.h"
#include "xen-like/pv/cpuid_policy.h"

#define NO_SUBLEAF XEN_CPUID_NO_SUBLEAF
#define ALL	   0xffffffffu
#define EXTENDED   0x80000000u
#define XSAVE	   (1u << 26)
#define OSXSAVE	   (1u << 27)

static const struct cpuid_leaf everything = {ALL, ALL, ALL, ALL};

static struct cpuid_leaf left(const struct cpuid_limits *limits, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_leaf value = everything;

	cpuid_limits_apply(limits, leaf, subleaf, &value);
	return value;
}

static int take(struct cpuid_limits *limits, xen_cpuid_leaf_t given, struct cpuid_leaf shown)
{
	return cpuid_limits_take(limits, &given, &shown);
}

static void test_none(void)
{
	struct cpuid_limits unset = {0}, none = cpuid_limits_none();

	for (uint32_t leaf = 0; leaf < 0x20; leaf++) {
		struct cpuid_leaf a = left(&unset, leaf, 0), b = left(&none, leaf, 1);

		EXPECT(memcmp(&a, &everything, sizeof(a)) == 0);
		EXPECT(memcmp(&b, &everything, sizeof(b)) == 0);
	}
	EXPECT_EQUAL(left(&none, EXTENDED + 1, 0).d, ALL);
}

/* Each word has its place, and only that place is changed. */
static void test_every_word(void)
{
	for (unsigned int i = 0; i < CPUID_WORDS; i++) {
		const struct cpuid_word *place = &cpuid_words[i];
		struct cpuid_limits limits = cpuid_limits_none();
		uint32_t subleaf = place->subleaf == NO_SUBLEAF ? 0 : place->subleaf;
		struct cpuid_leaf value;
		uint32_t *outputs[] = {&value.a, &value.b, &value.c, &value.d};

		limits.words[i] = 0;
		value = left(&limits, place->leaf, subleaf);
		if (place->leaf == 0) { /* an MSR's */
			EXPECT(memcmp(&value, &everything, sizeof(value)) == 0);
			continue;
		}
		/* AMD's second saying follows leaf 1, not the word itself. */
		EXPECT_EQUAL(*outputs[place->output], i == 2 ? 0x0183f3ffu : 0);
		for (unsigned int j = 0; j < 4; j++)
			EXPECT(j == place->output || *outputs[j] == ALL);
		value = left(&limits, place->leaf, subleaf + 1);
		EXPECT(place->subleaf == NO_SUBLEAF || *outputs[place->output] == ALL);
	}
}

static void test_take(void)
{
	struct cpuid_limits limits = cpuid_limits_none();
	struct cpuid_leaf shown = {.c = 0xf0f, .d = 0xff};

	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){1, NO_SUBLEAF, 0, 0, 0x0f, 0xf0}, shown), 0);
	EXPECT_EQUAL(left(&limits, 1, 0).c, 0x0f);
	EXPECT_EQUAL(left(&limits, 1, 0).d, 0xf0);
	EXPECT_EQUAL(left(&limits, 1, 0).b, ALL);
	/* Up again, as long as it is shown. */
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){1, NO_SUBLEAF, 0, 0, 0xf0f, 0}, shown), 0);
	EXPECT_EQUAL(left(&limits, 1, 0).c, 0xf0f);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){1, NO_SUBLEAF, 0, 0, 0x1000, 0}, shown),
		     -XEN_EINVAL);
	/* A CPU's neighbours, and whether XSAVE is on, are no features. */
	EXPECT_EQUAL(
		take(&limits, (xen_cpuid_leaf_t){1, NO_SUBLEAF, 0, 0, OSXSAVE, 1u << 28}, shown),
		0);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){7, 0, 9, ALL, 0, 0}, (struct cpuid_leaf){0}),
		     -XEN_EINVAL);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){7, 1, 0, ALL, 0, 0},
			  (struct cpuid_leaf){.b = ALL}),
		     0);
}

static void test_xsave_word(void)
{
	struct cpuid_limits limits = cpuid_limits_none();
	struct cpuid_leaf shown = {.c = XSAVE};

	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){1, NO_SUBLEAF, 0, 0, XSAVE, 0}, shown), 0);
	EXPECT_EQUAL(left(&limits, 1, 0).c, XSAVE | OSXSAVE);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){1, NO_SUBLEAF, 0, 0, 0, 0}, shown), 0);
	EXPECT_EQUAL(left(&limits, 1, 0).c, 0);
}

static void test_states(void)
{
	struct cpuid_limits limits = cpuid_limits_none();
	struct cpuid_leaf shown = {.a = 7};

	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){0xd, 0, 3, 0, 0, 0}, shown), 0);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){0xd, 0, 8, 0, 0, 0}, shown), -XEN_EINVAL);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){0xd, 0, 3, 0, 0, 1}, shown), -XEN_EINVAL);
}

static void test_highest_leaf(void)
{
	struct cpuid_limits limits = cpuid_limits_none();
	struct cpuid_leaf shown = {0xd, 1, 2, 3};
	struct cpuid_leaf beyond;

	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){0, NO_SUBLEAF, 0xe, 1, 2, 3}, shown),
		     -XEN_EINVAL);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){0, NO_SUBLEAF, 7, 1, 9, 3}, shown),
		     -XEN_EINVAL); /* another vendor */
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){0, NO_SUBLEAF, 7, 1, 2, 3}, shown), 0);
	EXPECT_EQUAL(left(&limits, 0, 0).a, 7);
	EXPECT_EQUAL(left(&limits, 7, 0).b, ALL);
	beyond = left(&limits, 8, 0);
	EXPECT(beyond.a == 0 && beyond.d == 0);
	EXPECT_EQUAL(left(&limits, 0x40000000, 0).a, ALL);
	shown.a = EXTENDED + 8;
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){EXTENDED, NO_SUBLEAF, EXTENDED + 9, 0, 0, 0},
			  shown),
		     -XEN_EINVAL);
	EXPECT_EQUAL(take(&limits, (xen_cpuid_leaf_t){EXTENDED, NO_SUBLEAF, EXTENDED + 1, 0, 0, 0},
			  shown),
		     0);
	EXPECT_EQUAL(left(&limits, EXTENDED, 0).a, EXTENDED + 1);
	EXPECT_EQUAL(left(&limits, EXTENDED + 2, 0).a, 0);
}

static void test_places(void)
{
	static const struct {
		uint32_t leaf, subleaf;
		bool there;
	} places[] = {
		{0, NO_SUBLEAF, true},
		{0, 0, false},
		{0xd, NO_SUBLEAF, false},
		{0xd, 62, true},
		{0xd, 63, false},
		{0xe, NO_SUBLEAF, false},
		{4, 0, true},
		{4, 8, false},
		{7, 2, true},
		{7, 3, false},
		{0xb, 1, true},
		{0xb, 2, false},
		{0x40000000, NO_SUBLEAF, true},
		{0x40000100, NO_SUBLEAF, true},
		{0x40000001, NO_SUBLEAF, false},
		{EXTENDED, NO_SUBLEAF, true},
		{EXTENDED + 0x21, NO_SUBLEAF, true},
		{EXTENDED + 0x22, NO_SUBLEAF, false},
		{ALL, NO_SUBLEAF, false},
		{1, NO_SUBLEAF, true},
	};

	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct cpuid_limits limits = cpuid_limits_none();
		xen_cpuid_leaf_t given = {places[i].leaf, places[i].subleaf, 0, 0, 0, 0};

		EXPECT_EQUAL(take(&limits, given, (struct cpuid_leaf){0}),
			     places[i].there ? 0 : -XEN_ERANGE);
	}
}

int main(void)
{
	RUN(test_none);
	RUN(test_every_word);
	RUN(test_take);
	RUN(test_xsave_word);
	RUN(test_states);
	RUN(test_highest_leaf);
	RUN(test_places);
	return check_result();
}
