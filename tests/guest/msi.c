/* SPDX-License-Identifier: MIT */
/* PCI devices announced to the hypervisor, and MSI of the machine's AHCI controller. */
#include "tests/guest/lib/guest.h"

#define DEVICE	 31
#define FUNCTION 2

static uint32_t config_read(unsigned int reg)
{
	uint32_t value;

	asm volatile("mov $0xcf8, %%edx\n\toutl %1, %%dx\n\tmov $0xcfc, %%edx\n\tinl %%dx, %0"
		     : "=a"(value)
		     : "a"(0x80000000u | DEVICE << 11 | FUNCTION << 8 | reg)
		     : "rdx");
	return value;
}

void guest_main(void)
{
	struct physdev_set_iopl iopl = {.iopl = 1};
	struct physdev_pci_device_add add = {.bus = 0, .devfn = DEVICE << 3 | FUNCTION};
	struct physdev_map_pirq map = {.domid = DOMID_SELF,
				       .type = MAP_PIRQ_TYPE_MSI_SEG,
				       .index = -1,
				       .pirq = -1,
				       .bus = 0,
				       .devfn = DEVICE << 3 | FUNCTION};
	struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF};
	struct evtchn_bind_pirq bind = {0};

	need(!call_physdev(PHYSDEVOP_set_iopl, &iopl));
	if (config_read(0) != 0x29228086) {
		print("PASS msi.no-ahci-here");
		return;
	}
	/* Scanned at boot by Xen, announced by dom0 all the same. */
	expect("device-add", call_physdev(PHYSDEVOP_pci_device_add, &add), 0);
	expect("device-add-again", call_physdev(PHYSDEVOP_pci_device_add, &add), 0);
	expect("map", call_physdev(PHYSDEVOP_map_pirq, &map), 0);
	expect_true("map-pirq", map.pirq >= 16);
	bind.pirq = (uint32_t)map.pirq;
	expect("bind", call_event(EVTCHNOP_bind_pirq, &bind), 0);
	expect_true("bind-port", bind.port > 0);
	expect("close", close_port(bind.port), 0);
	unmap.pirq = map.pirq;
	expect("unmap", call_physdev(PHYSDEVOP_unmap_pirq, &unmap), 0);
	map.pirq = -1;
	expect("map-again", call_physdev(PHYSDEVOP_map_pirq, &map), 0);
	unmap.pirq = map.pirq;
	expect("unmap-again", call_physdev(PHYSDEVOP_unmap_pirq, &unmap), 0);
	map.pirq = -1;
	map.devfn = 7 << 3;
	expect_true("no-device", call_physdev(PHYSDEVOP_map_pirq, &map) < 0);
	map.devfn = 0; /* the host bridge has no MSI */
	expect_true("no-msi", call_physdev(PHYSDEVOP_map_pirq, &map) < 0);
}
