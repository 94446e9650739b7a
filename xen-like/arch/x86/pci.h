/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/pci.h - configuration space, and which devices dom0 named.
 *
 * Only segment 0.  By ports one lock makes address and data one access, and
 * there are 256 bytes; by memory each access is one, of 4 KiB.
 */
#pragma once

#include "xen-like/base/abi.h"

struct pci_device {
	uint16_t segment;
	uint8_t bus;
	uint8_t function; /* device << 3 | function */
};

#define PCI_STATUS		0x06
#define PCI_STATUS_CAPABILITIES 0x10
#define PCI_HEADER_TYPE		0x0e
#define PCI_BAR_0		0x10
#define PCI_BAR_COUNT		6
#define PCI_CAPABILITIES	0x34
#define PCI_CAPABILITY_MSI	0x05
#define PCI_CAPABILITY_MSIX	0x11

/* Boot, when ACPI has been read: maps the window of configuration memory, if any. */
void pci_setup(void);

/* `offset` 0..255, or 4095 by memory, aligned to `bytes` (1, 2, 4).  All-ones where nothing is. */
uint32_t pci_read(struct pci_device device, unsigned int offset, unsigned int bytes);
void pci_write(struct pci_device device, unsigned int offset, unsigned int bytes, uint32_t value);

/*
 * The same by a mechanism 1 address word as a guest latched it: `port` is
 * 0xcfc..0xcff, `bytes` stays inside.  A word without its enable bit reaches
 * nothing.
 */
uint32_t pci_read_latched(uint32_t address, uint16_t port, unsigned int bytes);
void pci_write_latched(uint32_t address, uint16_t port, unsigned int bytes, uint32_t value);

/* Where the capability lies; 0: there is none. */
uint8_t pci_find_capability(struct pci_device device, uint8_t wanted);
/* BAR `index`'s address if it is a memory BAR; 0: none, or not assigned. */
uint64_t pci_bar_address(struct pci_device device, unsigned int index);

/* What dom0 has found.  0; -XEN_EOPNOTSUPP (segment); -XEN_ENODEV: was not there. */
MUST_CHECK
int pci_device_add(struct pci_device device);
MUST_CHECK
int pci_device_remove(struct pci_device device);
bool pci_device_known(struct pci_device device);
