/* SPDX-License-Identifier: MIT */
/* Attacks by hypercalls: the longest there are, the refused ones, and their errors' paths. */
#include "tests/guest/lib/hostile.h"

#include <xen/grant_table.h>

#define TABLES	32
#define UPDATES 1024
#define CALLS	2048

static uint8_t leaf[4096] PAGE_ALIGNED, window[4096] PAGE_ALIGNED;

/* A tree of full tables, pinned and unpinned: all its entries are checked each time. */
static void pins(void)
{
	static uint64_t *l2;

	if (!l2) {
		l2 = page_alloc();
		for (int i = 0; i < TABLES; i++) {
			uint64_t *l1 = page_alloc();

			for (int entry = 0; entry < 512; entry++)
				l1[entry] = maddr_of(leaf) | PTE_RW;
			need(!set_pte(l1, PTE_RO));
			l2[i] = maddr_of(l1) | PTE_TABLE;
		}
		need(!set_pte(l2, PTE_RO));
	}
	pin_table(2, l2);
	unpin_table(l2);
}

/* One call with as many entries as there is room for, the last one wrong. */
static void updates(void)
{
	static struct mmu_update list[UPDATES];

	for (int i = 0; i < UPDATES; i++) {
		list[i].ptr = maddr_of(boot_slot(window, 1)) | MMU_NORMAL_PT_UPDATE;
		list[i].val = i % 2 ? 0 : maddr_of(window) | PTE_RW;
	}
	list[UPDATES - 1].ptr = ~7ul;
	call_mmu(list, UPDATES, NULL, DOMID_SELF);
}

/* More than there are, by far: the rest of a page, then it faults. */
static void counts(void)
{
	void *list = edge_of_page(4096);

	memset(list, 0xff, 4096);
	call_mmu(list, 0x7fffffff, NULL, DOMID_SELF);
	call_mmuext(list, 0x7fffffff, NULL, DOMID_SELF);
	call_multi(list, 0x7fffffff);
	call_grant(GNTTABOP_query_size, list, 0x7fffffff);
}

static void multicalls(void)
{
	static multicall_entry_t list[CALLS];

	for (int i = 0; i < CALLS; i++) {
		list[i].op = i % 2 ? __HYPERVISOR_xen_version : __HYPERVISOR_sched_op;
		list[i].args[0] = i % 2 ? XENVER_version : SCHEDOP_yield;
		list[i].args[1] = 0;
	}
	call_multi(list, CALLS);
}

static void flushes(void)
{
	mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
	mmuext(MMUEXT_FLUSH_CACHE, 0, 0);
	mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0);
	mmuext(MMUEXT_INVLPG_ALL, (uint64_t)window, 0);
}

static long reservation(unsigned int command, xen_pfn_t *list, uint64_t count, unsigned int order)
{
	struct xen_memory_reservation reserve = {
		.nr_extents = count, .extent_order = order, .domid = DOMID_SELF};

	set_xen_guest_handle(reserve.extent_start, list);
	return call_memory(command, &reserve);
}

/* Gives pages back and takes them, beyond the maximum too, and in orders not to be had. */
static void balloon(void)
{
	static xen_pfn_t list[64];

	for (unsigned int i = 0; i < 64; i++)
		list[i] = p2m_array()[unused_pfn(i)];
	reservation(XENMEM_decrease_reservation, list, 64, 0);
	for (unsigned int i = 0; i < 64; i++)
		list[i] = unused_pfn(i);
	reservation(XENMEM_populate_physmap, list, 64, 0);
	for (unsigned int i = 0; i < 64; i++) {
		if (m2p(list[i]) == unused_pfn(i))
			p2m_array()[unused_pfn(i)] = list[i];
	}
	reservation(XENMEM_populate_physmap, list, 64, 0);
	reservation(XENMEM_populate_physmap, list, 64, 9);
	reservation(XENMEM_increase_reservation, list, 64, 0);
	reservation(XENMEM_populate_physmap, list, ~0u, 0);
}

static void grants(void)
{
	static xen_pfn_t frames[64];
	static struct gnttab_copy copies[64];
	struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 64};
	struct gnttab_map_grant_ref map = {.host_addr = (uint64_t)window, .flags = GNTMAP_host_map};

	set_xen_guest_handle(setup.frame_list, frames);
	call_grant(GNTTABOP_setup_table, &setup, 1);
	for (map.ref = 0; map.ref < 64; map.ref++)
		call_grant(GNTTABOP_map_grant_ref, &map, 1);
	for (int i = 0; i < 64; i++) {
		copies[i].source.domid = copies[i].dest.domid = DOMID_SELF;
		copies[i].source.u.gmfn = mfn_of(leaf);
		copies[i].dest.u.gmfn = mfn_of(window);
		copies[i].len = 4096;
	}
	call_grant(GNTTABOP_copy, copies, 64);
}

/* Operations that are dom0's, or nobody's. */
static void refused(void)
{
	static uint8_t argument[256];

	for (uint64_t number = 0; number < 64; number++) {
		if (number == __HYPERVISOR_iret || number == __HYPERVISOR_sched_op ||
		    number == __HYPERVISOR_sched_op_compat || number == __HYPERVISOR_vcpu_op ||
		    number == __HYPERVISOR_set_trap_table || number == __HYPERVISOR_set_gdt ||
		    number == __HYPERVISOR_stack_switch || number == __HYPERVISOR_set_callbacks ||
		    number == __HYPERVISOR_callback_op || number == __HYPERVISOR_event_channel_op)
			continue;
		hc3(number, hostile_random() % 64, argument, hostile_random() % 4);
	}
	for (unsigned int command = 0; command < 40; command++) {
		call_physdev(command, argument);
		memset(argument, (int)command, 4);
		call_platform(argument);
	}
	memset(argument, 0, sizeof(argument));
}

/* Words for a console that is not its. */
static void console(void)
{
	static const char text[] = "something that nobody wants to read, over and over again\n";

	call_console(CONSOLEIO_write, sizeof(text), text);
	call_console(CONSOLEIO_write, 0x7fffffff, text);
}

void guest_main(void)
{
	static const struct attack attacks[] = {
		{"pins", pins, false},	     {"updates", updates, false},
		{"counts", counts, false},   {"multicalls", multicalls, false},
		{"flushes", flushes, false}, {"balloon", balloon, false},
		{"grants", grants, false},   {"refused", refused, true},
		{"console", console, true},
	};

	hostile_run(attacks, ARRAY_SIZE(attacks));
	expect("version", call_version(XENVER_version, NULL), 4 << 16 | 17);
	need(!set_pte(window, PTE_RW));
	expect("memory", try_write((uint64_t)window, 1), NONE);
}
