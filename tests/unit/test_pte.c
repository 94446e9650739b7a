// needs: xen-like/pv/pte.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_pte.c - every combination of an entry's flags, at each level,
 * with and without device rights, against the rules said a second time.
 */
#include "tests/unit/check.h"
#include "xen-like/pv/pte.h"

/* The rules bit by bit, from the CPU manuals' figure of an entry. */
static bool model(bool device, unsigned int bits, unsigned int level, uint64_t in, uint64_t *out)
{
	*out = in;
	if ((in & 1) == 0)
		return true;
	for (unsigned int bit = bits; bit < 52; bit++) {
		if (in >> bit & 1)
			return false;
	}
	if (level > 1 && (in & 0x180))
		return false; /* a large page, or a global bit where there is none */
	*out |= 4;
	if (level == 1)
		*out &= ~0x100ull;
	if (!device)
		*out &= level == 1 ? ~0x98ull : ~0x18ull;
	return true;
}

static uint64_t high_bits(unsigned int choice)
{
	static const uint64_t addresses[] = {
		0,
		0x1000,
		1ull << 35,
		1ull << 36,
		0xffffff000ull,
		1ull << 39,
		1ull << 40,
		1ull << 51,
		0x000ffffffffff000ull,
		0xffffffffff000ull >> 12 << 12,
		1ull << 45,
		1ull << 46,
	};
	uint64_t entry = addresses[choice % 12];

	choice /= 12;
	entry |= choice & 1 ? 1ull << 63 : 0;
	entry |= choice & 2 ? 1ull << 52 : 0;
	entry |= choice & 4 ? 1ull << 62 : 0;
	entry |= choice & 8 ? 1ull << 59 : 0;
	return entry;
}

static void try_entry(const struct pte_rules *rules, unsigned int level, uint64_t entry)
{
	uint64_t expected, got = 0;
	bool may = model(rules->cache_control, rules->physical_bits, level, entry, &expected);

	EXPECT_EQUAL(pte_check(rules, level, entry, &got), may);
	if (may)
		EXPECT_EQUAL(got, expected);
}

static void test_pte_every_flag(void)
{
	static const uint8_t widths[] = {36, 40, 46, 52};

	for (unsigned int kind = 0; kind < 8; kind++) {
		struct pte_rules rules = {widths[kind / 2], kind & 1};

		for (unsigned int level = 1; level <= 4; level++) {
			for (unsigned int high = 0; high < 12 * 16; high++) {
				for (unsigned int low = 0; low < 4096; low++)
					try_entry(&rules, level, high_bits(high) | low);
			}
		}
	}
}

static void test_pte_twice_is_once(void)
{
	struct pte_rules rules = {40, false};

	for (unsigned int level = 1; level <= 4; level++) {
		for (uint64_t low = 0; low < 4096; low++) {
			uint64_t once, twice;

			if (!pte_check(&rules, level, low, &once))
				continue;
			EXPECT(pte_check(&rules, level, once, &twice));
			EXPECT_EQUAL(twice, once);
		}
	}
}

/* L1 terminal fault: absent entries point above all memory, or nowhere. */
static void test_pte_absent(void)
{
	struct pte_rules rules = {.physical_bits = 46, .absent_bit = 1ull << 43};
	static const struct {
		uint64_t entry;
		bool may;
	} cases[] = {
		{0, true},
		{0x801, true}, /* present: another rule */
		{0xffe, true},
		{0x8000000000000ffe, true}, /* no address */
		{0x1000, false},
		{0x80000000000, true},
		{0x80000001000, true},
		{0x7fffffff000, false},
		{0x100000001000, false}, /* above, but the cache does not look at that bit */
		{0x000ffffffffff100, true},
		{~0x12345000ull & 0xfffffffff9fe, true}, /* as Linux turns a frame number over */
	};

	for (unsigned int level = 1; level <= 4; level++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			uint64_t got;

			EXPECT_EQUAL(pte_check(&rules, level, cases[i].entry & ~0x180ull, &got),
				     cases[i].may);
		}
	}
}

static void test_pte_words(void)
{
	EXPECT_EQUAL(pte_frame(pte_make(mfn(0x12345), PTE_PRESENT | PTE_NO_EXECUTE)).n, 0x12345);
	EXPECT_EQUAL(table_index(0xffff800000000000ull, 4), 256);
	EXPECT_EQUAL(table_index(0x00007ffffffff000ull, 1), 511);
	for (unsigned int slot = 0; slot < TABLE_ENTRIES; slot++)
		EXPECT_EQUAL(l4_slot_reserved(slot), slot >= 256 && slot <= 271);
}

int main(void)
{
	RUN(test_pte_every_flag);
	RUN(test_pte_twice_is_once);
	RUN(test_pte_absent);
	RUN(test_pte_words);
	return check_result();
}
