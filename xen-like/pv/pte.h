/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/pte.h - page-table entries of guests: the bits, and which of
 * them a guest may set at which level.  Pure: decides about values only; who
 * owns the page behind an entry is page_type.c's question.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/atomic.h"

#define PTE_PRESENT	   (1ull << 0)
#define PTE_WRITE	   (1ull << 1)
#define PTE_USER	   (1ull << 2)
#define PTE_WRITE_THROUGH  (1ull << 3)
#define PTE_UNCACHED	   (1ull << 4)
#define PTE_ACCESSED	   (1ull << 5)
#define PTE_DIRTY	   (1ull << 6)
#define PTE_LARGE	   (1ull << 7) /* L2, L3 */
#define PTE_PAT		   (1ull << 7) /* L1 */
#define PTE_GLOBAL	   (1ull << 8)
#define PTE_AVAILABLE	   (7ull << 9)
#define PTE_AVAILABLE_HIGH (0x7ffull << 52)
#define PTE_NO_EXECUTE	   (1ull << 63)
#define PTE_ADDRESS	   0x000ffffffffff000ull
#define PTE_CACHE	   (PTE_WRITE_THROUGH | PTE_UNCACHED | PTE_PAT)

#define TABLE_ENTRIES	   512

static inline mfn_t pte_frame(uint64_t pte)
{
	return mfn((pte & PTE_ADDRESS) >> PAGE_SHIFT);
}

/* The same of an entry found present; frame 0 for a CPU that guesses it was. */
static inline mfn_t pte_frame_nospec(uint64_t pte)
{
	return mfn(value_if_nospec(pte_frame(pte).n, pte));
}

static inline uint64_t pte_make(mfn_t frame, uint64_t flags)
{
	return frame.n << PAGE_SHIFT | flags;
}

/* Index into the table of `level` (1..4) for a virtual address. */
static inline unsigned int table_index(uint64_t va, unsigned int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1))) & (TABLE_ENTRIES - 1);
}

/* True when a guest may not touch this slot of an L4. */
static inline bool l4_slot_reserved(unsigned int index)
{
	return index >= 256 && index < 272;
}

struct pte_rules {
	uint8_t physical_bits; /* of the machine's addresses */
	bool cache_control;    /* the domain drives hardware: cache bits count */
	/*
	 * L1 terminal fault: a CPU that has it looks in its cache for what an
	 * entry that is not present points at.  This address bit, above all
	 * memory, must be set there, unless the address is 0.  0: no such CPU.
	 */
	uint64_t absent_bit;
};

/*
 * Whether only PTE_USER is missing of a present entry, at any level and by all rules, if what
 * it points at is RAM: true of nearly all.  False: pte_check() knows.
 */
static inline bool pte_is_plain(uint64_t wanted)
{
	return (wanted & (PTE_PRESENT | PTE_CACHE | PTE_GLOBAL)) == PTE_PRESENT;
}

/*
 * The entry Enso would store for a guest's `wanted` at `level`, in *pte.
 * False when it has bits a guest may not use.  An entry that is not present
 * is stored as it is, or refused for where it points.
 */
MUST_CHECK
bool pte_check(const struct pte_rules *rules, unsigned int level, uint64_t wanted, uint64_t *pte);
