/* SPDX-License-Identifier: MIT */
/* populate and decrease in larger orders: contiguous, aligned, and all given back. */
#include "tests/guest/lib/guest.h"

static xen_pfn_t list[4];

static long run(unsigned int op, uint64_t count, unsigned int order, unsigned int bits)
{
	struct xen_memory_reservation reserve = {.nr_extents = count,
						 .extent_order = order,
						 .mem_flags = XENMEMF_address_bits(bits),
						 .domid = DOMID_SELF};

	set_xen_guest_handle(reserve.extent_start, list);
	return call_memory(op, &reserve);
}

void guest_main(void)
{
	domid_t self = DOMID_SELF;
	uint64_t first = unused_pfn(63), wrong = 0;
	long before = call_memory(XENMEM_current_reservation, &self), released = 0;

	for (uint64_t i = 0; i < 64; i++) {
		list[0] = p2m_array()[first + i];
		released += run(XENMEM_decrease_reservation, 1, 0, 0);
	}
	expect("released", released, 64);
	list[0] = first;
	expect("populate-order-6", run(XENMEM_populate_physmap, 1, 6, 30), 1);
	expect("aligned", list[0] & 63, 0);
	expect_true("below-1g", list[0] + 64 <= 1ul << 18);
	for (uint64_t i = 0; i < 64; i++)
		wrong += m2p(list[0] + i) != first + i;
	expect("m2p", wrong, 0);
	expect("current", call_memory(XENMEM_current_reservation, &self), before);
	expect("decrease-order-6", run(XENMEM_decrease_reservation, 1, 6, 0), 1);
	expect("current-less", call_memory(XENMEM_current_reservation, &self), before - 64);
	for (int i = 0; i < 4; i++)
		list[i] = first + 16 * (uint64_t)i;
	expect("populate-order-4", run(XENMEM_populate_physmap, 4, 4, 0), 4);
	expect("current-again", call_memory(XENMEM_current_reservation, &self), before);
	expect("impossible-bits", run(XENMEM_increase_reservation, 1, 0, 12), 0);
}
