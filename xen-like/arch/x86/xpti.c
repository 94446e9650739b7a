/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/xpti.c - see xpti.h.
 *
 * Each CPU has one L4 for whatever guest it runs: a copy of the guest's own
 * L4, the m2p, the domain's descriptor tables, and of Enso what
 * entry_guarded.S needs, with tables private to the CPU.  In Enso the guest's
 * real L4 is loaded, so all code works as without.  Since CR3 is written on
 * every way in and out, and nothing is global then, no translation of the one
 * is left under the other.
 */
#include "xen-like/arch/x86/xpti.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/arch/x86/traps.h"
#include "xen-like/base/string.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/pte.h"

extern const char entry_text_start[], entry_text_end[];

static bool share_stack(uint64_t *l4, uint64_t top)
{
	return paging_share(l4, (const void *)(top - IST_STACK_PAGES * PAGE_SIZE),
			    IST_STACK_PAGES * PAGE_SIZE);
}

bool xpti_prepare_cpu(struct cpu *cpu)
{
	uint64_t *l4 = heap_alloc_pages(0);
	bool done;

	if (!l4)
		return false;
	cpu->guest_cr3 = mfn_to_maddr(frame_of_mapped(l4)).n;
	paging_share_m2p(l4);
	done = paging_share(l4, entry_text_start, (uint64_t)(entry_text_end - entry_text_start)) &&
	       paging_share(l4, idt_page(), PAGE_SIZE) && paging_share(l4, cpu, PAGE_SIZE) &&
	       share_stack(l4, cpu->entry_stack);
	for (unsigned int i = 0; done && i < IST_COUNT; i++)
		done = share_stack(l4, cpu->tss.ist[i] + 16);
	return done;
}

void xpti_refresh(struct cpu *cpu)
{
	const uint64_t *from = maddr_map(maddr(cpu->loaded_cr3));
	uint64_t *to = maddr_map(maddr(cpu->guest_cr3));

	memcpy(to, from, HYPERVISOR_SLOT_FIRST * sizeof(*to));
	memcpy(to + HYPERVISOR_SLOT_END, from + HYPERVISOR_SLOT_END,
	       (TABLE_ENTRIES - HYPERVISOR_SLOT_END) * sizeof(*to));
	to[DOMAIN_SLOT] = from[DOMAIN_SLOT];
}

void xpti_l4_changed(const struct domain *domain)
{
	for (uint32_t id = 0; id < cpu_count; id++)
		if (bit_test(domain->dirty_cpus.bits, id))
			cpu_raise(id, WORK_TABLES);
}
