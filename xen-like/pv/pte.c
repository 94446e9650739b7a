/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/pte.c - the allow-list of page-table bits (security.md, C5).
 */
#include "xen-like/pv/pte.h"

#define ALLOWED_ALWAYS                                                                             \
	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_AVAILABLE | PTE_AVAILABLE_HIGH |  \
	 PTE_NO_EXECUTE | PTE_ADDRESS)

bool pte_check(const struct pte_rules *rules, unsigned int level, uint64_t wanted, uint64_t *pte)
{
	uint64_t allowed = ALLOWED_ALWAYS | PTE_DIRTY | PTE_WRITE_THROUGH | PTE_UNCACHED;
	uint64_t address_limit = 1ull << rules->physical_bits;

	*pte = wanted;
	if (!(wanted & PTE_PRESENT))
		return !rules->absent_bit || !(wanted & PTE_ADDRESS) ||
		       (wanted & PTE_ADDRESS & rules->absent_bit);
	/* Bit 7 is the size bit above L1; there are no large pages here. */
	if (level == 1)
		allowed |= PTE_PAT | PTE_GLOBAL;
	if (wanted & ~allowed)
		return false;
	if ((wanted & PTE_ADDRESS) >= address_limit)
		return false;

	/*
	 * Guests run in ring 3 altogether.  A global entry would outlive the
	 * change to another domain's tables.  Cache bits are for those who
	 * drive devices.
	 */
	*pte = (wanted | PTE_USER) & ~(level == 1 ? PTE_GLOBAL : 0);
	if (!rules->cache_control)
		*pte &= ~(level == 1 ? PTE_CACHE : PTE_WRITE_THROUGH | PTE_UNCACHED);
	return true;
}
