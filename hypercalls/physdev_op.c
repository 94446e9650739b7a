/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/physdev_op.c - physdev_op: interrupts, PCI devices and I/O rights
 * of the domain that drives the hardware.
 *
 * Any guest may set its own I/O privilege level; that it means nothing without
 * ports is pv/port_io.c's business.  The rest is for the hardware domain.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/pci.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/mm/guest_copy.h"

#define IOPL_MAX  3
#define PORTS_MAX 65536

/* Anybody's ------------------------------------------------------------------ */

static int64_t set_iopl(guest_va_t argument)
{
	struct physdev_set_iopl op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	if (op.iopl > IOPL_MAX)
		return -XEN_EINVAL;
	current_vcpu()->pv.iopl = (uint8_t)op.iopl;
	return 0;
}

static int64_t set_iobitmap(guest_va_t argument)
{
	struct physdev_set_iobitmap op;
	uint64_t bitmap;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	bitmap = (uint64_t)op.bitmap.p;
	if (op.nr_ports > PORTS_MAX || (bitmap && !guest_range_ok(bitmap, (op.nr_ports + 7) / 8)))
		return -XEN_EINVAL;
	current_vcpu()->pv.io_bitmap = guest_va(bitmap);
	current_vcpu()->pv.io_bitmap_ports = op.nr_ports;
	return 0;
}

/* Interrupts ------------------------------------------------------------------ */

static int64_t irq_eoi(guest_va_t argument)
{
	struct physdev_eoi op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	return pirq_eoi(current_domain(), op.irq);
}

static int64_t irq_status(guest_va_t argument)
{
	struct physdev_irq_status_query op;
	int rc;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	rc = pirq_status(current_domain(), op.irq, &op.flags);
	if (rc)
		return rc;
	return copy_to_guest(argument, &op, sizeof(op)) ? 0 : -XEN_EFAULT;
}

static int64_t setup_gsi(guest_va_t argument)
{
	struct physdev_setup_gsi op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	if (op.gsi < 0 || op.triggering > 1 || op.polarity > 1)
		return -XEN_EINVAL;
	return pirq_set_trigger(current_domain(), (uint32_t)op.gsi, op.triggering, op.polarity);
}

/* Guests once chose vectors by this; Linux still asks, and ignores the answer. */
static int64_t alloc_vector(guest_va_t argument)
{
	struct physdev_irq op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	if (op.irq >= pirq_gsi_count())
		return -XEN_EINVAL;
	op.vector = op.irq;
	return copy_to_guest(argument, &op, sizeof(op)) ? 0 : -XEN_EFAULT;
}

static bool is_caller(domid_t id)
{
	return id == DOMID_SELF || id == current_domain()->id;
}

static int map_message(struct physdev_map_pirq *op)
{
	struct pci_device device = {
		.segment = op->type == MAP_PIRQ_TYPE_MSI ? 0 : (uint16_t)((uint32_t)op->bus >> 16),
		.bus = (uint8_t)op->bus,
		.function = (uint8_t)op->devfn,
	};
	uint32_t pirq = op->pirq < 0 ? ~0u : (uint32_t)op->pirq;
	uint16_t entry = (uint16_t)op->entry_nr;
	int rc;

	if (op->type == MAP_PIRQ_TYPE_MULTI_MSI) {
		/* Several messages in a row: Linux takes one when refused. */
		if (op->entry_nr > 1)
			return -XEN_EOPNOTSUPP;
		entry = 0;
	}
	if (op->table_base && (op->entry_nr < 0 || op->entry_nr > UINT16_MAX))
		return -XEN_EINVAL;
	rc = pirq_map_msi(current_domain(), device, op->table_base ? entry : 0, op->table_base,
			  &pirq);
	if (rc == 0)
		op->pirq = (int)pirq;
	return rc;
}

static int map_line(struct physdev_map_pirq *op)
{
	if (op->index < 0 || (op->pirq >= 0 && op->pirq != op->index))
		return -XEN_EINVAL;
	op->pirq = op->index;
	return pirq_map_gsi(current_domain(), (uint32_t)op->index);
}

static int64_t map_pirq(guest_va_t argument)
{
	struct physdev_map_pirq op;
	int rc;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	if (!is_caller(op.domid))
		return -XEN_ESRCH;
	switch (op.type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = map_line(&op);
		break;
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		rc = map_message(&op);
		break;
	default:
		rc = -XEN_EINVAL;
		break;
	}
	if (rc)
		return rc;
	return copy_to_guest(argument, &op, sizeof(op)) ? 0 : -XEN_EFAULT;
}

static int64_t unmap_pirq(guest_va_t argument)
{
	struct physdev_unmap_pirq op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	if (!is_caller(op.domid))
		return -XEN_ESRCH;
	if (op.pirq < 0)
		return -XEN_EINVAL;
	return pirq_unmap(current_domain(), (uint32_t)op.pirq);
}

static int64_t get_free_pirq(guest_va_t argument)
{
	struct physdev_get_free_pirq op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	op.pirq = pirq_find_free(current_domain());
	if (op.pirq == ~0u)
		return -XEN_ENOSPC;
	return copy_to_guest(argument, &op, sizeof(op)) ? 0 : -XEN_EFAULT;
}

/* Enso programs I/O APICs itself; what one is, dom0 reads here. */
static int64_t apic_read(guest_va_t argument)
{
	struct physdev_apic op;
	int rc;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	rc = pirq_ioapic_read(current_domain(), op.apic_physbase, op.reg, &op.value);
	if (rc)
		return rc;
	return copy_to_guest(argument, &op, sizeof(op)) ? 0 : -XEN_EFAULT;
}

/* PCI devices ------------------------------------------------------------------ */

static int64_t device_add(guest_va_t argument)
{
	struct physdev_pci_device_add op;

	/* optarr: which NUMA node; there is one. */
	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	return pci_device_add((struct pci_device){op.seg, op.bus, op.devfn});
}

static int64_t device_remove(guest_va_t argument)
{
	struct physdev_pci_device op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	return pci_device_remove((struct pci_device){op.seg, op.bus, op.devfn});
}

/* The same with structures from before segments; they begin alike. */
static int64_t device_manage(unsigned int command, guest_va_t argument)
{
	struct physdev_manage_pci op;
	struct pci_device device;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	device = (struct pci_device){0, op.bus, op.devfn};
	if (command == PHYSDEVOP_manage_pci_remove)
		return pci_device_remove(device);
	return pci_device_add(device);
}

static int64_t restore_msi(unsigned int command, guest_va_t argument)
{
	struct physdev_restore_msi old;
	struct physdev_pci_device op;

	if (command == PHYSDEVOP_restore_msi_ext) {
		if (!copy_from_guest(&op, argument, sizeof(op)))
			return -XEN_EFAULT;
	} else {
		if (!copy_from_guest(&old, argument, sizeof(old)))
			return -XEN_EFAULT;
		op = (struct physdev_pci_device){.bus = old.bus, .devfn = old.devfn};
	}
	return pirq_restore_msi(current_domain(), (struct pci_device){op.seg, op.bus, op.devfn});
}

/* dom0 says where the large configuration space is; Enso uses the ports. */
static int64_t mmcfg_reserved(guest_va_t argument)
{
	struct physdev_pci_mmcfg_reserved op;

	if (!copy_from_guest(&op, argument, sizeof(op)))
		return -XEN_EFAULT;
	return op.start_bus <= op.end_bus ? 0 : -XEN_EINVAL;
}

static int64_t hardware_command(unsigned int command, guest_va_t argument)
{
	switch (command) {
	case PHYSDEVOP_eoi:
		return irq_eoi(argument);
	case PHYSDEVOP_irq_status_query:
		return irq_status(argument);
	case PHYSDEVOP_setup_gsi:
		return setup_gsi(argument);
	case PHYSDEVOP_alloc_irq_vector:
		return alloc_vector(argument);
	case PHYSDEVOP_map_pirq:
		return map_pirq(argument);
	case PHYSDEVOP_unmap_pirq:
		return unmap_pirq(argument);
	case PHYSDEVOP_get_free_pirq:
		return get_free_pirq(argument);
	case PHYSDEVOP_apic_read:
		return apic_read(argument);
	case PHYSDEVOP_apic_write:
		return -XEN_EPERM;
	case PHYSDEVOP_pci_device_add:
		return device_add(argument);
	case PHYSDEVOP_pci_device_remove:
		return device_remove(argument);
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_add_ext:
	case PHYSDEVOP_manage_pci_remove:
		return device_manage(command, argument);
	case PHYSDEVOP_restore_msi:
	case PHYSDEVOP_restore_msi_ext:
		return restore_msi(command, argument);
	case PHYSDEVOP_pci_mmcfg_reserved:
		return mmcfg_reserved(argument);
	default:
		return -XEN_ENOSYS;
	}
}

static bool is_known(unsigned int command)
{
	return command >= PHYSDEVOP_irq_status_query && command <= PHYSDEVOP_release_msix;
}

int64_t hc_physdev_op(reg_t command, reg_t argument)
{
	switch ((unsigned int)command) {
	case PHYSDEVOP_set_iopl:
		return set_iopl(guest_va(argument));
	case PHYSDEVOP_set_iobitmap:
		return set_iobitmap(guest_va(argument));
	default:
		if (!is_known((unsigned int)command))
			return -XEN_ENOSYS;
		if (!current_domain()->hardware)
			return -XEN_EPERM;
		return hardware_command((unsigned int)command, guest_va(argument));
	}
}
