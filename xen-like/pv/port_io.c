/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/port_io.c - a guest's IN and OUT, carried out.  Which rule holds
 * for a port is port_policy.c's; here the rules are acted on.
 *
 * Only the hardware domain reaches ports at all.  A denied access never
 * faults: drivers probe, and an absent device is what they understand.
 */
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/pci.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/pit.h"
#include "xen-like/pv/port_policy.h"
#include "xen-like/pv/pv.h"
#include "xen-like/pv/switch.h"
#include "xen-like/serial.h"

#define PORTS		65536u
#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define CMOS_INDEX_BITS 0x7f /* bit 7 would hold back Enso's NMIs */

/* What the hardware domain's accesses leave behind.  Guarded by the lock. */
static struct spinlock port_lock = SPINLOCK(RANK_LEAF);
static struct pit_channel pit;
static uint8_t cmos_index;
/* Like the real one there is one latch, whatever vCPU writes it. */
static uint32_t pci_address;

static bool denied_to(const struct domain *domain, uint16_t port, unsigned int bytes)
{
	if (!domain->hardware)
		return true;
	for (unsigned int i = 0; domain->port_denied && i < bytes && port + i < PORTS; i++)
		if (bit_test(domain->port_denied, port + i))
			return true;
	return false;
}

static enum port_rule rule_for(const struct vcpu *vcpu, uint16_t port, unsigned int bytes)
{
	struct port_range kept[2];
	unsigned int count = 0;

	if (denied_to(vcpu->domain, port, bytes))
		return PORT_DENIED;
	if (acpi_info.pm_timer)
		kept[count++] = (struct port_range){acpi_info.pm_timer, acpi_info.pm_timer + 3};
	if (serial_port())
		kept[count++] = (struct port_range){serial_port(), serial_port() + 7};
	return port_policy_find(kept, count, port, bytes);
}

static uint32_t all_ones(unsigned int bytes)
{
	return ~0u >> (32 - 8 * bytes);
}

/* Straight to the machine -------------------------------------------------- */

static uint32_t plain_read(uint16_t port, unsigned int bytes)
{
	if (bytes == 1)
		return port_read_8(port);
	return bytes == 2 ? port_read_16(port) : port_read_32(port);
}

static void plain_write(uint16_t port, unsigned int bytes, uint32_t value)
{
	if (bytes == 1)
		port_write_8(port, (uint8_t)value);
	else if (bytes == 2)
		port_write_16(port, (uint16_t)value);
	else
		port_write_32(port, value);
}

/* By the byte: the PIT's model and the CMOS clock -------------------------- */

static uint8_t cmos_read(uint16_t port)
{
	uint8_t value = 0xff; /* the index cannot be read back */

	if (port == CMOS_DATA) {
		port_write_8(CMOS_INDEX, cmos_index);
		value = port_read_8(CMOS_DATA);
	}
	return value;
}

static void cmos_write(uint16_t port, uint8_t value)
{
	if (port == CMOS_INDEX) {
		cmos_index = value & CMOS_INDEX_BITS;
		return;
	}
	port_write_8(CMOS_INDEX, cmos_index);
	port_write_8(CMOS_DATA, value);
}

static uint8_t byte_read(enum port_rule rule, uint16_t port)
{
	if (rule == PORT_TIMER)
		return pit_read(&pit, port, clock_now());
	return port == CMOS_INDEX || port == CMOS_DATA ? cmos_read(port) : 0xff;
}

static void byte_write(enum port_rule rule, uint16_t port, uint8_t value)
{
	if (rule == PORT_TIMER)
		pit_write(&pit, port, value, clock_now());
	else if (port == CMOS_INDEX || port == CMOS_DATA)
		cmos_write(port, value);
}

static uint32_t bytes_read(enum port_rule rule, uint16_t port, unsigned int bytes)
{
	uint32_t value = 0;

	spin_lock(&port_lock);
	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)byte_read(rule, (uint16_t)(port + i)) << 8 * i;
	spin_unlock(&port_lock);
	return value;
}

static void bytes_write(enum port_rule rule, uint16_t port, unsigned int bytes, uint32_t value)
{
	spin_lock(&port_lock);
	for (unsigned int i = 0; i < bytes; i++)
		byte_write(rule, (uint16_t)(port + i), (uint8_t)(value >> 8 * i));
	spin_unlock(&port_lock);
}

/* The four together -------------------------------------------------------- */

static bool is_pci_latch(uint16_t port, unsigned int bytes)
{
	return port == PCI_ADDRESS && bytes == 4;
}

/* An access that leaves 0xcfc..0xcff on either side reaches no register. */
static bool inside_pci_data(uint16_t port, unsigned int bytes)
{
	return port >= PCI_DATA && port + bytes <= PCI_DATA + 4;
}

uint32_t guest_port_read(struct vcpu *vcpu, uint16_t port, unsigned int bytes)
{
	enum port_rule rule = rule_for(vcpu, port, bytes);

	switch (rule) {
	case PORT_PLAIN:
		return plain_read(port, bytes);
	case PORT_CMOS:
	case PORT_TIMER:
		return bytes_read(rule, port, bytes);
	case PORT_PCI_ADDRESS:
		return is_pci_latch(port, bytes) ? read_once(pci_address) : plain_read(port, bytes);
	case PORT_PCI_DATA:
		if (inside_pci_data(port, bytes))
			return pci_read_latched(read_once(pci_address), port, bytes) &
			       all_ones(bytes);
		return all_ones(bytes);
	case PORT_DENIED:
	default:
		return all_ones(bytes);
	}
}

void guest_port_write(struct vcpu *vcpu, uint16_t port, unsigned int bytes, uint32_t value)
{
	enum port_rule rule = rule_for(vcpu, port, bytes);

	switch (rule) {
	case PORT_PLAIN:
		plain_write(port, bytes, value);
		break;
	case PORT_CMOS:
	case PORT_TIMER:
		bytes_write(rule, port, bytes, value);
		break;
	case PORT_PCI_ADDRESS:
		if (is_pci_latch(port, bytes))
			write_once(pci_address, value);
		else
			plain_write(port, bytes, value);
		break;
	case PORT_PCI_DATA:
		if (inside_pci_data(port, bytes))
			pci_write_latched(read_once(pci_address), port, bytes, value);
		break;
	case PORT_DENIED:
	default:
		break;
	}
}

/* Rights of the guest's own making ----------------------------------------- */

/* Bits of the bitmap from byte `first` on; false when it cannot be read. */
static bool bitmap_read(const struct vcpu *vcpu, uint32_t first, uint32_t last, uint16_t *bits)
{
	*bits = 0;
	for (uint32_t i = first; i <= last; i++) {
		uint8_t byte;

		if (!copy_from_guest(&byte, guest_va(vcpu->pv.io_bitmap.va + i), 1))
			return false;
		*bits |= (uint16_t)(byte << 8 * (i - first));
	}
	return true;
}

/*
 * Every port's bit clear in the bitmap the guest's kernel gave its process?
 * The bitmap is the kernel's: a process's tables need not map it.
 */
static bool bitmap_allows(struct vcpu *vcpu, uint16_t port, unsigned int bytes)
{
	uint32_t last = port + bytes - 1;
	bool user = !vcpu->pv.kernel_mode;
	uint16_t bits;
	bool readable;

	if (vcpu->pv.io_bitmap.va == 0 || last >= vcpu->pv.io_bitmap_ports)
		return false;
	if (user) {
		vcpu->pv.kernel_mode = true;
		vcpu_load_tables(vcpu);
	}
	readable = bitmap_read(vcpu, port / 8, last / 8, &bits);
	if (user) {
		vcpu->pv.kernel_mode = false;
		vcpu_load_tables(vcpu);
	}
	return readable && !(bits >> port % 8 & ((1u << bytes) - 1));
}

bool guest_port_privileged(struct vcpu *vcpu, uint16_t port, unsigned int bytes)
{
	if (vcpu->pv.iopl >= (vcpu->pv.kernel_mode ? 1 : 3))
		return true;
	return bitmap_allows(vcpu, port, bytes);
}
