/* SPDX-License-Identifier: MIT */
/* memory_op: questions about memory, and their refusals. */
#include "tests/guest/lib/guest.h"

struct e820 {
	uint64_t address, size;
	uint32_t type;
} __attribute__((packed));

static struct e820 map[128];

static void claim_map(void)
{
	struct xen_memory_map query = {.nr_entries = 128};
	uint64_t ram = 0, last = 0, disorder = 0;

	query.buffer.p = map;
	expect("machine-map", call_memory(XENMEM_machine_memory_map, &query), 0);
	expect_true("machine-map-entries", query.nr_entries > 2 && query.nr_entries < 64);
	for (unsigned int i = 0; i < query.nr_entries; i++) {
		ram += map[i].type == 1 ? map[i].size : 0;
		disorder += map[i].address < last;
		last = map[i].address + map[i].size;
	}
	expect_true("machine-map-ram", ram > (500ul << 20) && ram <= (512ul << 20));
	expect("machine-map-sorted", disorder, 0);
	query.nr_entries = 1;
	memset(map, 0, sizeof(map));
	expect("machine-map-short", call_memory(XENMEM_machine_memory_map, &query), -XEN_EINVAL);
	query.nr_entries = 128;
	query.buffer.p = (void *)NON_CANONICAL;
	expect("machine-map-bad-buffer", call_memory(XENMEM_machine_memory_map, &query),
	       -XEN_EFAULT);
	expect("machine-map-bad", call_memory(XENMEM_machine_memory_map, NON_CANONICAL),
	       -XEN_EFAULT);
	expect("memory-map", call_memory(XENMEM_memory_map, &query), -XEN_ENOSYS);
}

void guest_main(void)
{
	struct xen_machphys_mfn_list list = {.max_extents = 4};
	static xen_pfn_t extents[4];
	domid_t self = DOMID_SELF, absent = 9;

	claim_map();
	expect_true("maximum-ram-page", call_memory(XENMEM_maximum_ram_page, NULL) > 100000);
	expect("current", call_memory(XENMEM_current_reservation, &self), DOM0_PAGES);
	expect_true("maximum", call_memory(XENMEM_maximum_reservation, &self) >= DOM0_PAGES);
	expect_true("maximum-gpfn", call_memory(XENMEM_maximum_gpfn, &self) >= 0);
	expect("current-absent", call_memory(XENMEM_current_reservation, &absent), -XEN_ESRCH);
	expect("maximum-absent", call_memory(XENMEM_maximum_reservation, &absent), -XEN_ESRCH);
	expect("current-bad", call_memory(XENMEM_current_reservation, NON_CANONICAL), -XEN_EFAULT);
	set_xen_guest_handle(list.extent_start, extents);
	expect("mfn-list", call_memory(XENMEM_machphys_mfn_list, &list), 0);
	expect_true("mfn-list-count", list.nr_extents >= 1 && list.nr_extents <= 4);
	expect("machphys-bad", call_memory(XENMEM_machphys_mapping, NON_CANONICAL), -XEN_EFAULT);
	expect("unknown", call_memory(60, NULL), -XEN_ENOSYS);
	struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info};

	expect_true("add-to-physmap", call_memory(XENMEM_add_to_physmap, &add) < 0);
	struct xen_remove_from_physmap remove = {.domid = DOMID_SELF};

	expect_true("remove-from-physmap", call_memory(XENMEM_remove_from_physmap, &remove) < 0);
}
