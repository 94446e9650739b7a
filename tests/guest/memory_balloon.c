/* SPDX-License-Identifier: MIT */
/* decrease_reservation and populate_physmap, as a balloon driver uses them. */
#include "tests/guest/lib/guest.h"

static xen_pfn_t list[64];
static uint8_t held[4096] PAGE_ALIGNED, window[4096] PAGE_ALIGNED;

static long reservation(unsigned int op, uint64_t count, unsigned int order, unsigned int flags)
{
	struct xen_memory_reservation reserve = {.nr_extents = count,
						 .extent_order = order,
						 .mem_flags = flags,
						 .domid = DOMID_SELF};

	set_xen_guest_handle(reserve.extent_start, list);
	return call_memory(op, &reserve);
}

static void claim_decrease(void)
{
	domid_t self = DOMID_SELF;
	long before = call_memory(XENMEM_current_reservation, &self);
	uint64_t mfn;

	for (int i = 0; i < 4; i++)
		list[i] = p2m_array()[unused_pfn(i)];
	mfn = list[0];
	expect("decrease", reservation(XENMEM_decrease_reservation, 4, 0, 0), 4);
	expect("decrease-current", call_memory(XENMEM_current_reservation, &self), before - 4);
	expect_true("decrease-m2p", m2p(mfn) != unused_pfn(0));
	list[0] = mfn;
	expect("decrease-twice", reservation(XENMEM_decrease_reservation, 1, 0, 0), 0);
	expect_true("given-away-unmappable", call_va(window, mfn << 12 | PTE_RW, 0) < 0);
	for (int i = 0; i < 4; i++)
		list[i] = unused_pfn(i);
	expect("populate", reservation(XENMEM_populate_physmap, 4, 0, 0), 4);
	expect("populate-current", call_memory(XENMEM_current_reservation, &self), before);
	for (int i = 0; i < 4; i++) {
		p2m_array()[unused_pfn(i)] = list[i];
		if (m2p(list[i]) != unused_pfn(i))
			expect("populate-m2p", m2p(list[i]), unused_pfn(i));
	}
	expect("populate-map", call_va(window, list[0] << 12 | PTE_RW, UVMF_INVLPG), 0);
	uint64_t sum = 0;

	for (int i = 0; i < 512; i++)
		sum |= ((uint64_t *)window)[i];
	expect("populate-scrubbed", sum, 0);
	need(!set_pte(window, PTE_RW));
}

static void claim_limits(void)
{
	for (int i = 0; i < 4; i++)
		list[i] = 0x100000 + i;
	expect("above-maximum", reservation(XENMEM_populate_physmap, 1, 0, 0), 0);
	expect("increase-above-maximum", reservation(XENMEM_increase_reservation, 1, 0, 0), 0);
	expect("order-20", reservation(XENMEM_populate_physmap, 1, 20, 0), 0);
	expect("order-63", reservation(XENMEM_populate_physmap, 1, 63, 0), 0);
	expect("order-max", reservation(XENMEM_populate_physmap, 1, ~0u, 0), 0);
	expect("none", reservation(XENMEM_populate_physmap, 0, 0, 0), 0);
	expect("count-2-63", reservation(XENMEM_decrease_reservation, 1ul << 63, 0, 0), 0);
	expect("count-max", reservation(XENMEM_decrease_reservation, ~0ul, 0, 0), 0);
	expect("decrease-bad-frame", ({
		       list[0] = 0xfffffffful;
		       reservation(XENMEM_decrease_reservation, 1, 0, 0);
	       }),
	       0);
	expect("decrease-hypervisor", ({
		       list[0] = PTE_FRAME(*boot_slot((void *)M2P_VA, 4));
		       reservation(XENMEM_decrease_reservation, 1, 0, 0);
	       }),
	       0);
}

void guest_main(void)
{
	struct xen_memory_reservation reserve = {.nr_extents = 2, .domid = DOMID_SELF};
	uint64_t mfn = mfn_of(held);

	claim_decrease();
	claim_limits();
	/* A mapped page goes out of our reservation, but stays ours while mapped. */
	held[0] = 0x5c;
	list[0] = mfn;
	expect_true("decrease-mapped", reservation(XENMEM_decrease_reservation, 1, 0, 0) <= 1);
	expect("decrease-mapped-kept", *(volatile uint8_t *)held, 0x5c);
	reserve.extent_start.p = (xen_pfn_t *)NON_CANONICAL;
	expect("bad-list", call_memory(XENMEM_decrease_reservation, &reserve), 0);
	expect("bad-list-populate", call_memory(XENMEM_populate_physmap, &reserve), 0);
	expect("bad-struct", call_memory(XENMEM_decrease_reservation, NON_CANONICAL), 0);
	set_xen_guest_handle(reserve.extent_start, list);
	reserve.domid = 9;
	expect_true("absent", call_memory(XENMEM_decrease_reservation, &reserve) <= 0);
}
