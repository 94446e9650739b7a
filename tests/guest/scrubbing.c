/* SPDX-License-Identifier: MIT */
/*
 * What one owner wrote into a page the next one never reads: at once, when the
 * CPU had time between, when the page comes by an exchange, when it becomes the
 * hypervisor's and is shown to a guest.
 */
#include "tests/guest/lib/child.h"
#include "tests/guest/lib/grant.h"

#define COUNT  48
#define SECRET 0x5ec2e75ec2e7ul

static xen_pfn_t list[COUNT], chunk[1];
static uint8_t window[4096] PAGE_ALIGNED;

/* The CPU has nothing to do for so long. */
static void idle(void)
{
	evtchn_port_t none = 0;
	struct sched_poll poll = {.timeout = now_ns() + 30000000};

	set_xen_guest_handle(poll.ports, &none);
	need(!call_sched(SCHEDOP_poll, &poll));
}

/* How many words of it are not zero. */
static uint64_t words_left(xen_pfn_t mfn, domid_t owner)
{
	uint64_t left = 0;

	need(!set_entry_foreign(boot_slot(window, 1), mfn << 12 | PTE_RW, owner));
	need(!mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0));
	for (int i = 0; i < 512; i++)
		left += ((volatile uint64_t *)window)[i] != 0;
	return left;
}

static void write_secret(xen_pfn_t mfn, domid_t owner)
{
	need(!set_entry_foreign(boot_slot(window, 1), mfn << 12 | PTE_RW, owner));
	need(!mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window, 0));
	for (int i = 0; i < 512; i++)
		((volatile uint64_t *)window)[i] = SECRET + (uint64_t)i;
}

static void window_close(void)
{
	need(!set_entry(boot_slot(window, 1), 0));
	need(!mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
}

static void reservation(unsigned int op)
{
	struct xen_memory_reservation reserve = {.nr_extents = COUNT, .domid = DOMID_SELF};

	set_xen_guest_handle(reserve.extent_start, list);
	need(call_memory(op, &reserve) == COUNT);
}

/* All COUNT pages full of the secret, and given back. */
static void give_secrets(void)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		list[i] = p2m_array()[unused_pfn(i)];
		write_secret(list[i], DOMID_SELF);
	}
	window_close();
	reservation(XENMEM_decrease_reservation);
}

/* As many again; how many words came with them. */
static uint64_t take_pages(void)
{
	uint64_t left = 0;

	for (unsigned int i = 0; i < COUNT; i++)
		list[i] = unused_pfn(i);
	reservation(XENMEM_populate_physmap);
	for (unsigned int i = 0; i < COUNT; i++) {
		p2m_array()[unused_pfn(i)] = list[i];
		left += words_left(list[i], DOMID_SELF);
	}
	window_close();
	return left;
}

static void claim_balloon(void)
{
	give_secrets();
	expect("balloon-at-once", take_pages(), 0);
	give_secrets();
	idle();
	expect("balloon-after-a-while", take_pages(), 0);
}

static void claim_exchange(void)
{
	struct xen_memory_exchange exchange = {
		.in = {.nr_extents = 1, .domid = DOMID_SELF},
		.out = {.nr_extents = 1, .domid = DOMID_SELF},
	};
	xen_pfn_t in[1] = {p2m_array()[unused_pfn(0)]};
	uint64_t left = 0;

	for (unsigned int round = 0; round < 8; round++) {
		write_secret(in[0], DOMID_SELF);
		window_close();
		chunk[0] = unused_pfn(0);
		set_xen_guest_handle(exchange.in.extent_start, in);
		set_xen_guest_handle(exchange.out.extent_start, chunk);
		exchange.nr_exchanged = 0;
		need(!call_memory(XENMEM_exchange, &exchange));
		p2m_array()[unused_pfn(0)] = in[0] = chunk[0];
		left += words_left(in[0], DOMID_SELF);
		window_close();
	}
	expect("exchange", left, 0);
}

static void child_with_pages(struct child *child)
{
	need(!child_create(child, 1));
	need(!child_max_mem(child, COUNT));
	need(child_populate(child, COUNT) == COUNT);
}

/* A domain full of secrets ends; the next one looks through all it is given. */
static uint64_t read_after_a_domain(bool with_time)
{
	struct child child;
	uint64_t left = 0;

	child_with_pages(&child);
	for (unsigned int i = 0; i < COUNT; i++)
		write_secret(child.mfns[i], child.id);
	window_close();
	need(child_destroy(&child));
	if (with_time)
		idle();
	child_with_pages(&child);
	for (unsigned int i = 0; i < COUNT; i++)
		left += words_left(child.mfns[i], child.id);
	window_close();
	need(child_destroy(&child));
	return left;
}

/* What the hypervisor makes of such pages, and lends. */
static void claim_shared_pages(void)
{
	uint64_t left = 0;

	give_secrets();
	grants_init();
	for (unsigned int i = 0; i < GRANT_PAGES * 4096 / 8; i++)
		left += ((volatile uint64_t *)grants)[i] != 0;
	expect("grant-frames", left, 0);
	expect("balloon-once-more", take_pages(), 0);
}

void guest_main(void)
{
	claim_balloon();
	claim_exchange();
	expect("destroyed-at-once", read_after_a_domain(false), 0);
	expect("destroyed-after-a-while", read_after_a_domain(true), 0);
	claim_shared_pages();
}
