/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/tables.c - first page tables, start_info, registers.
 *
 * Linux' arch/x86/xen/mmu_pv.c walks these tables on its first steps and stops on
 * anything unexpected; the hypervisor checks each entry when the L4 is pinned.
 */
#include "dom0-tools/builder/tables.h"

#include <string.h>

#define ENTRY_PRESENT	 0x01ull
#define ENTRY_WRITE	 0x02ull
#define ENTRY_USER	 0x04ull
#define ENTRY_ACCESSED	 0x20ull
#define ENTRY_DIRTY	 0x40ull
#define ENTRY_READ_ONLY	 (ENTRY_PRESENT | ENTRY_USER | ENTRY_ACCESSED)
#define ENTRY_READ_WRITE (ENTRY_READ_ONLY | ENTRY_WRITE | ENTRY_DIRTY)
#define ENTRIES		 512

#define FLAGS_INTERRUPTS (1u << 9)
#define ADDRESS_BITS	 ((1ull << 48) - 1)

static uint64_t entry_of(xen_pfn_t frame, uint64_t flags)
{
	return (uint64_t)frame << PAGE_SHIFT | flags;
}

/*
 * `count` entries of one level, each for the next pfn from `pfn` on.  `slot` is
 * the first one's place, counted from the start of the first table of its level.
 */
static void fill_entries(uint64_t *tables, uint64_t slot, const xen_pfn_t *p2m, uint64_t pfn,
			 uint64_t count, uint64_t flags)
{
	for (uint64_t i = 0; i < count; i++)
		tables[slot + i] = entry_of(p2m[pfn + i], flags);
}

/*
 * L3s, L2s and L1s of a mapping; `tables` is where m->table_pfn is mapped.  The
 * pages in `protected` are mapped read-only: nobody may write page tables.
 */
static void fill_mapping(const struct pv_mapping *m, const xen_pfn_t *p2m, uint64_t *tables,
			 struct pfn_range protected)
{
	uint64_t page = (m->va & ADDRESS_BITS) >> PAGE_SHIFT;
	uint64_t child = m->table_pfn + m->nr_tables[3];
	uint64_t before;

	/* The upper levels point to the tables of the next one, which follow. */
	for (int level = 3; level > 1; level--) {
		fill_entries(tables, page >> 9 * (level - 1) & (ENTRIES - 1), p2m, child,
			     m->nr_tables[level - 1], ENTRY_READ_WRITE);
		tables += m->nr_tables[level] * ENTRIES;
		child += m->nr_tables[level - 1];
	}
	page &= ENTRIES - 1;
	fill_entries(tables, page, p2m, m->pfns.first, m->pfns.count, ENTRY_READ_WRITE);
	before = protected.first - m->pfns.first;
	if (protected.count)
		fill_entries(tables, page + before, p2m, protected.first, protected.count,
			     ENTRY_READ_ONLY);
}

static void fill_l4(const struct pv_mapping *m, const xen_pfn_t *p2m, uint64_t *l4)
{
	if (m->pfns.count)
		fill_entries(l4, (m->va & ADDRESS_BITS) >> 39, p2m, m->table_pfn, m->nr_tables[3],
			     ENTRY_READ_WRITE);
}

void guest_tables_fill_boot(const struct pv_plan *plan, const xen_pfn_t *p2m, uint64_t *pages)
{
	memset(pages, 0, plan->tables.count * PAGE_SIZE);
	fill_l4(&plan->boot, p2m, pages);
	fill_l4(&plan->p2m_area, p2m, pages);
	fill_mapping(&plan->boot, p2m, pages + ENTRIES, plan->tables);
}

void guest_tables_fill_p2m(const struct pv_plan *plan, const xen_pfn_t *p2m, uint64_t *pages)
{
	if (!plan->p2m_area.pfns.count)
		return;
	memset(pages, 0, plan->p2m_tables.count * PAGE_SIZE);
	fill_mapping(&plan->p2m_area, p2m, pages, (struct pfn_range){0, 0});
}

void guest_tables_start_info(const struct pv_plan *plan, const xen_pfn_t *p2m,
			     const struct guest_ports *ports, const char *command_line,
			     start_info_t *info)
{
	pv_plan_start_info(plan, command_line, info);
	info->shared_info = ports->shared_info_frame << PAGE_SHIFT;
	/* How save and restore find the p2m: by its address, which Linux keeps told. */
	info->flags |= SIF_VIRT_P2M_4TOOLS;
	info->store_mfn = p2m[plan->store_ring_pfn];
	info->store_evtchn = ports->store_port;
	info->console.domU.mfn = p2m[plan->console_ring_pfn];
	info->console.domU.evtchn = ports->console_port;
}

void guest_tables_context(const struct pv_plan *plan, const xen_pfn_t *p2m,
			  struct vcpu_guest_context *context)
{
	memset(context, 0, sizeof(*context));
	context->flags = VGCF_in_kernel | VGCF_online;
	context->user_regs.rip = plan->entry;
	context->user_regs.rsp = plan->stack_pointer;
	context->user_regs.rsi = plan->start_info_va;
	context->user_regs.rflags = FLAGS_INTERRUPTS;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->kernel_sp = plan->stack_pointer;
	context->ctrlreg[3] = xen_pfn_to_cr3((uint64_t)p2m[plan->tables.first]);
}
