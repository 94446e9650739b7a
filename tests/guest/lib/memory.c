/* SPDX-License-Identifier: MIT */
/*
 * Pages, frames and page tables of a micro-guest, as its builder left them:
 * everything up to the end of the boot area is mapped at VIRT_BASE.
 */
#include "tests/guest/lib/guest.h"

static uint8_t pool[POOL_PAGES][4096] PAGE_ALIGNED;
static unsigned int pool_used;
static uint64_t edge_va;

struct bad_pointer bad_pointers[BAD_POINTERS] = {
	{"page-0", 0x10},
	{"unmapped", UNMAPPED_VA},
	{"non-canonical", NON_CANONICAL},
	{"hypervisor", HYPERVISOR_VA},
	{"hypervisor-edge", 0xffff87ffffffff00ul},
	{"minus-8", 0xfffffffffffffff8ul},
};

void *page_alloc(void)
{
	if (pool_used == POOL_PAGES)
		guest_fail("lib.memory: pool of pages used up");
	return pool[pool_used++];
}

uint64_t *p2m_array(void)
{
	return (uint64_t *)start_info->mfn_list;
}

uint64_t pfn_of(const void *va)
{
	return ((uint64_t)va - VIRT_BASE) >> 12;
}

uint64_t mfn_of(const void *va)
{
	return p2m_array()[pfn_of(va)];
}

void *va_of_pfn(uint64_t pfn)
{
	return (void *)(VIRT_BASE + (pfn << 12));
}

uint64_t unused_pfn(unsigned int index)
{
	return start_info->nr_pages - 1 - index;
}

uint64_t *table_slot(void *root, uint64_t va, int level)
{
	uint64_t *table = root;

	for (int at = 4;; at--) {
		uint64_t *slot = &table[(va >> (12 + 9 * (at - 1))) & 511];

		if (at == level)
			return slot;
		if (!(*slot & PTE_P) || (*slot & PTE_PSE))
			return NULL;
		table = va_of_pfn(m2p(PTE_FRAME(*slot)));
	}
}

uint64_t *boot_slot(const void *va, int level)
{
	return table_slot((void *)start_info->pt_base, (uint64_t)va, level);
}

long set_entry_foreign(uint64_t *slot, uint64_t value, uint32_t domain)
{
	struct mmu_update update = {.ptr = maddr_of(slot) | MMU_NORMAL_PT_UPDATE, .val = value};

	return call_mmu(&update, 1, NULL, domain);
}

long set_entry(uint64_t *slot, uint64_t value)
{
	return set_entry_foreign(slot, value, DOMID_SELF);
}

long set_pte(const void *va, uint64_t flags)
{
	return call_va(va, flags ? mfn_of(va) << 12 | flags : 0, UVMF_INVLPG);
}

long mmuext(unsigned int command, uint64_t argument1, uint64_t argument2)
{
	struct mmuext_op op = {.cmd = command};

	op.arg1.linear_addr = argument1;
	op.arg2.src_mfn = argument2;
	return call_mmuext(&op, 1, NULL, DOMID_SELF);
}

long pin_table(int level, const void *page)
{
	return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(page), 0);
}

long unpin_table(const void *page)
{
	return mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page), 0);
}

long prepare_va(uint64_t va)
{
	for (int level = 4; level > 1; level--) {
		uint64_t *slot = boot_slot((void *)va, level);
		void *page;
		long error;

		if (*slot & PTE_P)
			continue;
		page = page_alloc();
		error = set_pte(page, PTE_RO);
		if (!error)
			error = set_entry(slot, maddr_of(page) | PTE_TABLE);
		if (error)
			return error;
	}
	return 0;
}

long map_va(uint64_t va, uint64_t pte)
{
	long error = prepare_va(va);

	return error ? error : call_va(va, pte, UVMF_INVLPG);
}

void *edge_of_page(size_t bytes)
{
	if (!edge_va) {
		uint8_t *first = page_alloc(), *second = page_alloc();

		if (set_pte(second, 0))
			guest_fail("lib.memory: a page cannot be unmapped");
		edge_va = (uint64_t)first + 4096;
	}
	return (void *)(edge_va - bytes);
}

void *read_only_page(void)
{
	static void *page;

	if (!page) {
		page = page_alloc();
		if (set_pte(page, PTE_RO))
			guest_fail("lib.memory: a page cannot be made read-only");
	}
	return page;
}
