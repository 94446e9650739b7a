/* SPDX-License-Identifier: MIT */
/* XENMEM_exchange: many single frames for one contiguous block below an address. */
#include "tests/guest/lib/guest.h"

static xen_pfn_t in[64], out[64];
static struct xen_memory_exchange exchange;

static long run(uint64_t in_count, unsigned int in_order, uint64_t out_count,
		unsigned int out_order, unsigned int bits)
{
	memset(&exchange, 0, sizeof(exchange));
	exchange.in.nr_extents = in_count;
	exchange.in.extent_order = in_order;
	exchange.in.domid = DOMID_SELF;
	exchange.out = exchange.in;
	exchange.out.nr_extents = out_count;
	exchange.out.extent_order = out_order;
	exchange.out.mem_flags = XENMEMF_address_bits(bits);
	set_xen_guest_handle(exchange.in.extent_start, in);
	set_xen_guest_handle(exchange.out.extent_start, out);
	return call_memory(XENMEM_exchange, &exchange);
}

static void claim_order(unsigned int order)
{
	uint64_t count = 1ul << order, first = unused_pfn((unsigned int)count - 1), wrong = 0;

	for (uint64_t i = 0; i < count; i++)
		in[i] = p2m_array()[first + i];
	out[0] = first;
	expect("contiguous", run(count, 0, 1, order, 32), 0);
	expect("contiguous-done", exchange.nr_exchanged, count);
	expect("contiguous-aligned", out[0] & (count - 1), 0);
	expect_true("contiguous-below", out[0] + count <= 1ul << 20);
	for (uint64_t i = 0; i < count; i++) {
		p2m_array()[first + i] = out[0] + i;
		wrong += m2p(out[0] + i) != first + i;
	}
	expect("contiguous-m2p", wrong, 0);
	/* And back to single frames. */
	in[0] = out[0];
	for (uint64_t i = 0; i < count; i++)
		out[i] = first + i;
	expect("split", run(1, order, count, 0, 0), 0);
	expect("split-done", exchange.nr_exchanged, 1);
	for (uint64_t i = 0; i < count; i++)
		p2m_array()[first + i] = out[i];
}

void guest_main(void)
{
	domid_t self = DOMID_SELF;
	long before = call_memory(XENMEM_current_reservation, &self);
	static uint8_t page[4096] PAGE_ALIGNED;

	claim_order(6);
	expect("reservation-kept", call_memory(XENMEM_current_reservation, &self), before);
	in[0] = p2m_array()[unused_pfn(0)];
	out[0] = unused_pfn(0);
	expect_true("impossible-bits", run(1, 0, 1, 0, 13) < 0);
	expect("impossible-bits-done", exchange.nr_exchanged, 0);
	expect("sizes-differ", run(2, 0, 1, 0, 0), -XEN_EINVAL);
	expect("sizes-differ-done", exchange.nr_exchanged, 0);
	expect_true("order-40", run(1, 40, 1, 40, 0) < 0);
	expect_true("count-2-60", run(1ul << 60, 0, 1ul << 60, 0, 0) < 0);
	expect("none", run(0, 0, 0, 0, 0), 0);
	in[0] = 0xfffffffful;
	expect("no-frame", run(1, 0, 1, 0, 0), -XEN_EINVAL);
	in[0] = PTE_FRAME(*boot_slot((void *)M2P_VA, 4));
	expect("hypervisor", run(1, 0, 1, 0, 0), -XEN_EINVAL);
	in[0] = mfn_of(page);
	expect_true("mapped", run(1, 0, 1, 0, 0) < 0);
	expect("mapped-done", exchange.nr_exchanged, 0);
	expect("mapped-kept", try_write((uint64_t)page, 1), NONE);
	in[0] = p2m_array()[unused_pfn(0)];
	run(1, 0, 1, 0, 0);
	p2m_array()[unused_pfn(0)] = out[0];
	exchange.in.domid = 9;
	expect_true("other-domain", call_memory(XENMEM_exchange, &exchange) < 0);
	expect("bad-struct", call_memory(XENMEM_exchange, NON_CANONICAL), -XEN_EFAULT);
}
