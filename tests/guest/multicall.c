/* SPDX-License-Identifier: MIT */
/* multicall: results, what may not be inside, arrays that fault. */
#include "tests/guest/lib/guest.h"

static multicall_entry_t list[64];

static void fill(unsigned int i, uint64_t op, uint64_t a, uint64_t b)
{
	memset(&list[i], 0, sizeof(list[i]));
	list[i].op = op;
	list[i].args[0] = a;
	list[i].args[1] = b;
	list[i].result = 0x7777;
}

void guest_main(void)
{
	static uint8_t page[4096] PAGE_ALIGNED;
	long wrong = 0;

	fill(0, __HYPERVISOR_xen_version, XENVER_version, 0);
	fill(1, __HYPERVISOR_xen_version, 99, 0);
	fill(2, __HYPERVISOR_update_va_mapping, (uint64_t)page, maddr_of(page) | PTE_RW);
	fill(3, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	expect("four", call_multi(list, 4), 0);
	expect("result-0", list[0].result, 4 << 16 | 17);
	expect("result-1", list[1].result, -XEN_ENOSYS);
	expect("result-2", list[2].result, 0);
	expect("result-3", list[3].result, 4096);
	for (unsigned int i = 0; i < 64; i++)
		fill(i, __HYPERVISOR_xen_version, XENVER_version, 0);
	expect("many", call_multi(list, 64), 0);
	for (unsigned int i = 0; i < 64; i++)
		wrong += list[i].result != (4 << 16 | 17);
	expect("many-results", wrong, 0);
	expect("none", call_multi(list, 0), 0);
	fill(0, __HYPERVISOR_multicall, (uint64_t)&list[4], 1);
	expect("nested", call_multi(list, 1), 0);
	expect("nested-result", list[0].result, -XEN_EINVAL);
	fill(0, 63, 0, 0);
	fill(1, 1000, 0, 0);
	fill(2, ~0ul, 0, 0);
	fill(3, __HYPERVISOR_iret, 0, 0);
	fill(4, __HYPERVISOR_xen_version, XENVER_version, 0);
	expect("unknown", call_multi(list, 3), 0);
	expect("unknown-63", list[0].result, -XEN_ENOSYS);
	expect("unknown-1000", list[1].result, -XEN_ENOSYS);
	expect("unknown-max", list[2].result, -XEN_ENOSYS);
	for (int i = 0; i < BAD_POINTERS; i++)
		expect_named(bad_pointers[i].name, call_multi(bad_pointers[i].va, 1), -XEN_EFAULT);
	multicall_entry_t *edge = edge_of_page(sizeof(list[0]));

	fill(0, __HYPERVISOR_xen_version, XENVER_version, 0);
	*edge = list[0];
	expect("over-edge", call_multi(edge, 2), -XEN_EFAULT);
	expect("over-edge-first-done", edge->result, 4 << 16 | 17);
	multicall_entry_t *fixed = page_alloc();

	*fixed = list[0];
	need(!set_pte(fixed, PTE_RO));
	expect("read-only", call_multi(fixed, 1), -XEN_EFAULT);
	expect("count-2-31-edge", call_multi(edge, 0x80000000u), -XEN_EFAULT);
	expect("count-max-edge", call_multi(edge, ~0u), -XEN_EFAULT);
}
