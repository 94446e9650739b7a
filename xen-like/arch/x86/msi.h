/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/msi.h - interrupts that a device sends as a memory write.
 *
 * Enso writes where and what (the CPU and its vector) and the mask; dom0 owns
 * the device and switches the capability on and off.  irq.c decides on CPUs
 * and vectors.  Callers hold irq.c's lock; configuration space has its own.
 */
#pragma once

#include "xen-like/arch/x86/pci.h"
#include "xen-like/base/abi.h"

struct msi {
	struct pci_device device;
	uint8_t position;	/* of the capability in configuration space */
	bool extended;		/* MSI-X: one row of the device's table     */
	bool wide, maskable;	/* MSI: 64-bit address; has mask bits       */
	uint16_t entry;		/* MSI-X: which row                         */
	volatile uint32_t *row; /* MSI-X: where it is mapped                */
};

/*
 * Finds the device's capability.  `table_base` 0: MSI; else MSI-X row `entry`
 * of the table in the BAR that lies there.  0; -XEN_ENODEV: no capability;
 * -XEN_EINVAL: no such row, or no table there; -XEN_ENOMEM.
 */
MUST_CHECK
int msi_find(struct msi *msi, struct pci_device device, uint16_t entry, uint64_t table_base);

/* Points it at a CPU's vector.  The row or device should be masked meanwhile. */
void msi_write(const struct msi *msi, uint8_t apic_id, uint8_t vector);
/* False when the device has no mask. */
bool msi_mask(const struct msi *msi, bool masked);
