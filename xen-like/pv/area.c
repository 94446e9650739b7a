/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/area.c - tables behind DOMAIN_SLOT.  Entries are writable for
 * Enso alone: the CPU sets descriptors' accessed bits through them.
 */
#include "xen-like/pv/area.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/console.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/pte.h"

#define PAGES_PER_VCPU	(GDT_PAGES + LDT_PAGES)
#define VCPUS_PER_TABLE (TABLE_ENTRIES / PAGES_PER_VCPU)
#define TABLES		((MAX_VCPUS + VCPUS_PER_TABLE - 1) / VCPUS_PER_TABLE)
#define LINK		(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)

struct area {
	uint64_t *l3, *l2;
	uint64_t *l1[TABLES];
};

void area_destroy(struct area *area)
{
	if (!area)
		return;
	for (unsigned int i = 0; i < TABLES; i++)
		heap_free_pages(area->l1[i], 0);
	heap_free_pages(area->l2, 0);
	heap_free_pages(area->l3, 0);
	heap_free(area);
}

struct area *area_create(uint32_t vcpus)
{
	struct area *area = heap_new(struct area);

	if (!area)
		return NULL;
	area->l3 = heap_alloc_pages(0);
	area->l2 = heap_alloc_pages(0);
	if (!area->l3 || !area->l2)
		goto fail;
	area->l3[0] = pte_make(frame_of_mapped(area->l2), LINK);
	for (unsigned int i = 0; i * VCPUS_PER_TABLE < vcpus; i++) {
		area->l1[i] = heap_alloc_pages(0);
		if (!area->l1[i])
			goto fail;
		area->l2[i] = pte_make(frame_of_mapped(area->l1[i]), LINK);
	}
	return area;
fail:
	area_destroy(area);
	return NULL;
}

void area_fill_l4(const struct domain *domain, uint64_t *l4)
{
	paging_fill_hypervisor_slots(l4);
	l4[DOMAIN_SLOT] = pte_make(frame_of_mapped(domain->area->l3), LINK);
}

void area_map(struct area *area, uint32_t vcpu, unsigned int page, mfn_t frame)
{
	uint64_t *table = area->l1[vcpu / VCPUS_PER_TABLE];
	unsigned int index = (vcpu % VCPUS_PER_TABLE) * PAGES_PER_VCPU + page;
	uint64_t pte = 0;

	CHECK(page < PAGES_PER_VCPU);
	if (!mfn_equal(frame, INVALID_MFN))
		pte = pte_make(frame, LINK | PTE_NO_EXECUTE);
	write_once(table[index], pte);
}
