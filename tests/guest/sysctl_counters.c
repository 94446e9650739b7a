/* SPDX-License-Identifier: MIT */
/* sysctl perfc_op: names, values by CPU, what moves them, reset. */
#include "tests/guest/lib/sysctl.h"

#define COUNTERS_MAX 32
#define CPUS	     2

enum { HYPERCALLS, CR3_LOADS, TLB_FLUSHES, TLB_PAGES, VCPU_SWITCHES, KINDS };

static const char *const names[KINDS] = {"hypercalls", "cr3_loads", "tlb_flushes", "tlb_pages",
					 "vcpu_switches"};
static xen_sysctl_perfc_desc_t described[COUNTERS_MAX];
static xen_sysctl_perfc_val_t values[COUNTERS_MAX * CPUS];
static uint32_t places[KINDS]; /* of this CPU's value in values[] */
static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;

static long counters(uint32_t command, void *descriptions, void *numbers)
{
	sysctl_begin();
	request.u.perfc_op.cmd = command;
	set_xen_guest_handle(request.u.perfc_op.desc, descriptions);
	set_xen_guest_handle(request.u.perfc_op.val, numbers);
	return sysctl_call(XEN_SYSCTL_perfc_op);
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void claim_names(void)
{
	uint32_t place = 0, sum = 0;

	expect_true("sizes-fit", request.u.perfc_op.nr_counters <= COUNTERS_MAX);
	expect("values-each-cpu", request.u.perfc_op.nr_vals,
	       request.u.perfc_op.nr_counters * CPUS);
	expect("names", counters(XEN_SYSCTL_PERFCOP_query, described, NULL), 0);
	for (uint32_t i = 0; i < request.u.perfc_op.nr_counters; i++) {
		for (unsigned int kind = 0; kind < KINDS; kind++)
			if (same(described[i].name, names[kind])) {
				places[kind] = place;
				sum++;
			}
		place += described[i].nr_vals;
	}
	expect("names-known", sum, KINDS);
}

static void claim_refusals(void)
{
	expect("command-0", counters(0, NULL, NULL), -XEN_EINVAL);
	expect("command-3", counters(3, NULL, NULL), -XEN_EINVAL);
	expect("names-bad", counters(XEN_SYSCTL_PERFCOP_query, (void *)HYPERVISOR_VA, NULL),
	       -XEN_EFAULT);
	expect("values-bad", counters(XEN_SYSCTL_PERFCOP_query, NULL, (void *)HYPERVISOR_VA),
	       -XEN_EFAULT);
}

/* A counter's value, as last asked for. */
static uint32_t on_all(unsigned int kind)
{
	return values[places[kind]] + values[places[kind] + 1];
}

/* How much one counter has moved on all CPUs since the last look at it. */
static uint32_t moved(unsigned int kind)
{
	static uint32_t before[KINDS];
	uint32_t now, difference;

	need(!counters(XEN_SYSCTL_PERFCOP_query, NULL, values));
	now = on_all(kind);
	difference = now - before[kind];
	before[kind] = now;
	return difference;
}

/* Nothing is said while it is counted: that is a hypercall, too. */
static void claim_counting(void)
{
	uint32_t calls, pages, flushes;

	moved(HYPERCALLS);
	for (unsigned int i = 0; i < 10; i++)
		call_version(XENVER_version, NULL);
	calls = moved(HYPERCALLS);
	moved(TLB_PAGES);
	for (unsigned int i = 0; i < 10; i++)
		call_va(page, maddr_of(page) | PTE_RW, UVMF_INVLPG);
	pages = moved(TLB_PAGES);
	moved(TLB_FLUSHES);
	for (unsigned int i = 0; i < 10; i++)
		call_va(page, maddr_of(page) | PTE_RW, UVMF_TLB_FLUSH);
	flushes = moved(TLB_FLUSHES);
	expect("ten-calls-and-a-question", calls, 11);
	expect_true("ten-pages", pages >= 10 && pages <= 12);
	expect_true("ten-flushes", flushes >= 10 && flushes <= 12);
}

static void claim_reset(void)
{
	long reset = counters(XEN_SYSCTL_PERFCOP_reset, NULL, values);
	uint32_t at_once = on_all(HYPERCALLS) + on_all(TLB_PAGES);

	counters(XEN_SYSCTL_PERFCOP_query, NULL, values);
	expect("reset", reset, 0);
	expect("reset-clears", at_once, 0);
	expect("reset-goes-on", on_all(HYPERCALLS), 1);
}

void guest_main(void)
{
	long rc = counters(XEN_SYSCTL_PERFCOP_query, NULL, NULL);

	expect("there", rc, 0);
	if (rc != 0)
		return;
	claim_names();
	claim_refusals();
	claim_counting();
	claim_reset();
}
