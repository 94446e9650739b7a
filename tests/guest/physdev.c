/* SPDX-License-Identifier: MIT */
/* physdev_op: GSIs, pirqs, IO-APIC registers, refusals. */
#include "tests/guest/lib/guest.h"

static void claim_gsi(void)
{
	struct physdev_setup_gsi gsi = {.gsi = 9, .triggering = 1, .polarity = 1};
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 9, .pirq = 9};
	struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = 9};
	struct evtchn_bind_pirq bind = {.pirq = 9, .flags = 1};
	struct physdev_irq_status_query query = {.irq = 9};
	struct physdev_eoi eoi = {.irq = 9};
	struct physdev_irq irq = {.irq = 9};

	expect("map-gsi", call_physdev(PHYSDEVOP_map_pirq, &map), 0);
	expect("map-gsi-pirq", map.pirq, 9);
	expect("setup-gsi", call_physdev(PHYSDEVOP_setup_gsi, &gsi), 0);
	expect("alloc-vector", call_physdev(PHYSDEVOP_alloc_irq_vector, &irq), 0);
	expect("status-query", call_physdev(PHYSDEVOP_irq_status_query, &query), 0);
	expect("bind-pirq", call_event(EVTCHNOP_bind_pirq, &bind), 0);
	expect("bind-pirq-twice", call_event(EVTCHNOP_bind_pirq, &bind), -XEN_EEXIST);
	expect("eoi", call_physdev(PHYSDEVOP_eoi, &eoi), 0);
	expect("close-pirq", close_port(bind.port), 0);
	expect("unmap-pirq", call_physdev(PHYSDEVOP_unmap_pirq, &unmap), 0);
	expect_true("unmap-twice", call_physdev(PHYSDEVOP_unmap_pirq, &unmap) < 0);
}

static void claim_refusals(void)
{
	struct physdev_map_pirq map = {.domid = DOMID_SELF, .type = 77, .index = 9, .pirq = -1};
	struct evtchn_bind_pirq bind = {.pirq = 5000};
	struct physdev_irq_status_query query = {.irq = 100000};
	struct physdev_eoi eoi = {.irq = 100000};
	struct physdev_setup_gsi gsi = {.gsi = 5000};

	expect_true("map-type-77", call_physdev(PHYSDEVOP_map_pirq, &map) < 0);
	map.type = MAP_PIRQ_TYPE_GSI;
	map.index = -5;
	expect_true("map-negative", call_physdev(PHYSDEVOP_map_pirq, &map) < 0);
	map.index = 100000;
	expect_true("map-huge", call_physdev(PHYSDEVOP_map_pirq, &map) < 0);
	map.domid = 9;
	map.index = 9;
	expect("map-no-domain", call_physdev(PHYSDEVOP_map_pirq, &map), -XEN_ESRCH);
	expect_true("bind-huge", call_event(EVTCHNOP_bind_pirq, &bind) < 0);
	bind.pirq = ~0u;
	expect_true("bind-max", call_event(EVTCHNOP_bind_pirq, &bind) < 0);
	expect("query-huge", call_physdev(PHYSDEVOP_irq_status_query, &query), -XEN_EINVAL);
	expect("eoi-huge", call_physdev(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
	expect_true("gsi-huge", call_physdev(PHYSDEVOP_setup_gsi, &gsi) < 0);
}

void guest_main(void)
{
	static const uint8_t ops[] = {
		PHYSDEVOP_eoi,		PHYSDEVOP_irq_status_query, PHYSDEVOP_set_iopl,
		PHYSDEVOP_set_iobitmap, PHYSDEVOP_apic_read,	    PHYSDEVOP_alloc_irq_vector,
		PHYSDEVOP_map_pirq,	PHYSDEVOP_unmap_pirq,	    PHYSDEVOP_setup_gsi};
	static const char *const names[] = {"bad-eoi",	    "bad-query",     "bad-iopl",
					    "bad-iobitmap", "bad-apic-read", "bad-alloc",
					    "bad-map",	    "bad-unmap",     "bad-setup-gsi"};
	struct physdev_apic apic = {.apic_physbase = 0xfec00000, .reg = 1};

	expect("apic-version", call_physdev(PHYSDEVOP_apic_read, &apic), 0);
	expect("apic-version-value", apic.value & 0xff0000, 0x170000);
	apic.apic_physbase = 0x12345000;
	expect_true("apic-nowhere", call_physdev(PHYSDEVOP_apic_read, &apic) < 0);
	claim_gsi();
	claim_refusals();
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++)
		expect_named(names[i], call_physdev(ops[i], NON_CANONICAL), -XEN_EFAULT);
}
