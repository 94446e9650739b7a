/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/pci.c - PCI configuration by memory, where the MCFG table
 * names a window (PCI Firmware 3.2, 4.1.2), else by ports 0xcf8 and 0xcfc (PCI
 * Local Bus 3.0, 3.2.2.3.2); and the list of devices dom0 has found.
 */
#include "xen-like/arch/x86/pci.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/console.h"

#define ADDRESS_PORT	0xcf8
#define DATA_PORT	0xcfc
#define ADDRESS_ENABLE	0x80000000u
#define ADDRESS_BITS	0x80fffffcu

#define BAR_IO		1u
#define BAR_TYPE	6u
#define BAR_64		4u
#define BAR_MEMORY_BITS (~0xfull)

/* A loop in a broken device's list must not hold us: 48 capabilities fit. */
#define CAPABILITIES_MAX 48

#define BUS_SHIFT	 20 /* of a window: 4 KiB for each of 256 functions */
#define FUNCTION_SHIFT	 12
#define WINDOW_BYTES	 4096
#define PORTS_BYTES	 256

static struct {
	uint8_t *base; /* NULL: none */
	uint8_t first, last;
} window;

static struct spinlock pci_lock = SPINLOCK(RANK_PCI);

/* A bit for each bus and function of segment 0: all there can be, and no list. */
static uint64_t known[BITMAP_WORDS(65536)];

static uint32_t data_read(uint16_t port, unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return port_read_8(port);
	case 2:
		return port_read_16(port);
	default:
		return port_read_32(port);
	}
}

static void data_write(uint16_t port, unsigned int bytes, uint32_t value)
{
	switch (bytes) {
	case 1:
		port_write_8(port, (uint8_t)value);
		break;
	case 2:
		port_write_16(port, (uint16_t)value);
		break;
	default:
		port_write_32(port, value);
		break;
	}
}

uint32_t pci_read_latched(uint32_t address, uint16_t port, unsigned int bytes)
{
	uint32_t value;

	if (!(address & ADDRESS_ENABLE))
		return ~0u;
	spin_lock(&pci_lock);
	port_write_32(ADDRESS_PORT, address & ADDRESS_BITS);
	value = data_read(port, bytes);
	spin_unlock(&pci_lock);
	return value;
}

void pci_write_latched(uint32_t address, uint16_t port, unsigned int bytes, uint32_t value)
{
	if (!(address & ADDRESS_ENABLE))
		return;
	spin_lock(&pci_lock);
	port_write_32(ADDRESS_PORT, address & ADDRESS_BITS);
	data_write(port, bytes, value);
	spin_unlock(&pci_lock);
}

static uint32_t address_of(struct pci_device device, unsigned int offset)
{
	return ADDRESS_ENABLE | (uint32_t)device.bus << 16 | (uint32_t)device.function << 8 |
	       (offset & 0xfc);
}

static bool reachable(struct pci_device device, unsigned int offset, unsigned int limit)
{
	return device.segment == 0 && offset < limit;
}

void pci_setup(void)
{
	uint32_t buses = acpi_info.mcfg_last_bus - acpi_info.mcfg_first_bus + 1u;

	if (acpi_info.mcfg == 0 || acpi_info.mcfg_last_bus < acpi_info.mcfg_first_bus)
		return;
	window.first = acpi_info.mcfg_first_bus;
	window.last = acpi_info.mcfg_last_bus;
	/* The table's address is bus 0's, whatever the first is. */
	window.base =
		paging_map_device(maddr(acpi_info.mcfg + ((uint64_t)window.first << BUS_SHIFT)),
				  (uint64_t)buses << BUS_SHIFT);
	if (window.base)
		log_info("PCI: configuration of buses %u to %u by memory\n", window.first,
			 window.last);
}

/* Where memory reaches the device's configuration; NULL: nowhere. */
static volatile void *window_of(struct pci_device device, unsigned int offset)
{
	if (!window.base || !reachable(device, offset, WINDOW_BYTES) || device.bus < window.first ||
	    device.bus > window.last)
		return NULL;
	return window.base + ((uint64_t)(device.bus - window.first) << BUS_SHIFT) +
	       ((uint32_t)device.function << FUNCTION_SHIFT) + offset;
}

/* By EAX and its parts only: AMD's families from 10h on want that (their BKDG, 2.11). */
static uint32_t window_read(volatile void *at, unsigned int bytes)
{
	uint32_t value = 0;

	if (bytes == 1)
		__asm__ volatile("movb (%1), %%al" : "+a"(value) : "r"(at) : "memory");
	else if (bytes == 2)
		__asm__ volatile("movw (%1), %%ax" : "+a"(value) : "r"(at) : "memory");
	else
		__asm__ volatile("movl (%1), %%eax" : "+a"(value) : "r"(at) : "memory");
	return value;
}

static void window_write(volatile void *at, unsigned int bytes, uint32_t value)
{
	if (bytes == 1)
		__asm__ volatile("movb %%al, (%1)" : : "a"(value), "r"(at) : "memory");
	else if (bytes == 2)
		__asm__ volatile("movw %%ax, (%1)" : : "a"(value), "r"(at) : "memory");
	else
		__asm__ volatile("movl %%eax, (%1)" : : "a"(value), "r"(at) : "memory");
}

uint32_t pci_read(struct pci_device device, unsigned int offset, unsigned int bytes)
{
	volatile void *at = window_of(device, offset);

	if (at)
		return window_read(at, bytes);
	if (!reachable(device, offset, PORTS_BYTES))
		return ~0u;
	return pci_read_latched(address_of(device, offset), (uint16_t)(DATA_PORT + (offset & 3)),
				bytes);
}

void pci_write(struct pci_device device, unsigned int offset, unsigned int bytes, uint32_t value)
{
	volatile void *at = window_of(device, offset);

	if (at) {
		window_write(at, bytes, value);
		return;
	}
	if (!reachable(device, offset, PORTS_BYTES))
		return;
	pci_write_latched(address_of(device, offset), (uint16_t)(DATA_PORT + (offset & 3)), bytes,
			  value);
}

uint8_t pci_find_capability(struct pci_device device, uint8_t wanted)
{
	uint32_t status = pci_read(device, PCI_STATUS, 2);
	uint8_t position;

	if (status == ~0u || (status & 0xffff) == 0xffff || !(status & PCI_STATUS_CAPABILITIES))
		return 0;
	position = (uint8_t)pci_read(device, PCI_CAPABILITIES, 1) & 0xfc;
	for (unsigned int i = 0; i < CAPABILITIES_MAX && position >= 0x40; i++) {
		uint32_t header = pci_read(device, position, 2);

		if ((header & 0xff) == wanted)
			return position;
		position = (header >> 8) & 0xfc;
	}
	return 0;
}

uint64_t pci_bar_address(struct pci_device device, unsigned int index)
{
	unsigned int offset = PCI_BAR_0 + index * 4;
	uint64_t low;

	if (index >= PCI_BAR_COUNT)
		return 0;
	low = pci_read(device, offset, 4);
	if (low & BAR_IO)
		return 0;
	if ((low & BAR_TYPE) == BAR_64 && index + 1 < PCI_BAR_COUNT)
		low |= (uint64_t)pci_read(device, offset + 4, 4) << 32;
	return low & BAR_MEMORY_BITS;
}

static uint32_t slot_of(struct pci_device device)
{
	return (uint32_t)device.bus << 8 | device.function;
}

int pci_device_add(struct pci_device device)
{
	if (device.segment != 0)
		return -XEN_EOPNOTSUPP;
	bit_set(known, slot_of(device));
	return 0;
}

int pci_device_remove(struct pci_device device)
{
	if (device.segment != 0 || !bit_clear(known, slot_of(device)))
		return -XEN_ENODEV;
	return 0;
}

bool pci_device_known(struct pci_device device)
{
	return device.segment == 0 && bit_test(known, slot_of(device));
}
