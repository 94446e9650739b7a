/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/ioapic.c - see ioapic.h.  Registers: Intel 82093AA.
 */
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/console.h"

#define DEFAULT_ADDRESS 0xfec00000ull
#define SELECT		0
#define WINDOW		4 /* in 32-bit words: byte 0x10 */
#define VERSION		1
#define TABLE		0x10
#define MASKED		(1u << 16)
#define LEVEL		(1u << 15)
#define REMOTE_IRR	(1u << 14)
#define ACTIVE_LOW	(1u << 13)

struct ioapic ioapics[ACPI_IOAPICS_MAX];
uint32_t ioapic_count;

static uint32_t read_register(const struct ioapic *ioapic, uint32_t index)
{
	ioapic->registers[SELECT] = index;
	return ioapic->registers[WINDOW];
}

static void write_register(const struct ioapic *ioapic, uint32_t index, uint32_t value)
{
	ioapic->registers[SELECT] = index;
	ioapic->registers[WINDOW] = value;
}

void legacy_pic_disable(void)
{
	port_write_8(0x21, 0xff);
	port_write_8(0xa1, 0xff);
}

static void add(uint64_t address, uint32_t id, uint32_t gsi_base)
{
	struct ioapic *ioapic = &ioapics[ioapic_count];

	*ioapic = (struct ioapic){.address = address, .id = id, .gsi_base = gsi_base};
	ioapic->registers = paging_map_device(maddr(address), PAGE_SIZE);
	if (!ioapic->registers)
		boot_fail("there is not enough memory to map an I/O APIC");
	if (read_register(ioapic, VERSION) == 0xffffffff) {
		log_warning("I/O APIC at %#lx does not answer\n", address);
		return;
	}
	ioapic->pins = ((read_register(ioapic, VERSION) >> 16) & 0xff) + 1;
	for (uint32_t pin = 0; pin < ioapic->pins; pin++) {
		write_register(ioapic, TABLE + 2 * pin, MASKED);
		write_register(ioapic, TABLE + 2 * pin + 1, 0);
	}
	ioapic_count++;
}

void ioapic_setup(void)
{
	for (uint32_t i = 0; i < acpi_info.ioapic_count; i++)
		add(acpi_info.ioapics[i].address, acpi_info.ioapics[i].id,
		    acpi_info.ioapics[i].gsi_base);
	if (!acpi_info.present) {
		log_warning("no ACPI: one CPU, an I/O APIC at its usual address\n");
		add(DEFAULT_ADDRESS, 0, 0);
	}
}

const struct ioapic *ioapic_for_gsi(uint32_t gsi)
{
	for (uint32_t i = 0; i < ioapic_count; i++)
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

void ioapic_set(uint32_t gsi, uint8_t vector, uint8_t apic_id, bool level, bool active_low,
		bool masked)
{
	const struct ioapic *ioapic = ioapic_for_gsi(gsi);
	uint32_t entry;

	if (!ioapic)
		return;
	entry = TABLE + 2 * (gsi - ioapic->gsi_base);
	write_register(ioapic, entry, MASKED);
	write_register(ioapic, entry + 1, (uint32_t)apic_id << 24);
	write_register(ioapic, entry,
		       vector | (level ? LEVEL : 0) | (active_low ? ACTIVE_LOW : 0) |
			       (masked ? MASKED : 0));
}

void ioapic_mask(uint32_t gsi, bool masked)
{
	const struct ioapic *ioapic = ioapic_for_gsi(gsi);
	uint32_t entry, value;

	if (!ioapic)
		return;
	entry = TABLE + 2 * (gsi - ioapic->gsi_base);
	value = read_register(ioapic, entry);
	write_register(ioapic, entry, masked ? value | MASKED : value & ~MASKED);
}

bool ioapic_awaits_eoi(uint32_t gsi)
{
	const struct ioapic *ioapic = ioapic_for_gsi(gsi);

	return ioapic && (read_register(ioapic, TABLE + 2 * (gsi - ioapic->gsi_base)) & REMOTE_IRR);
}

bool ioapic_read_register(uint64_t address, uint32_t index, uint32_t *value)
{
	for (uint32_t i = 0; i < ioapic_count; i++) {
		if (ioapics[i].address != address)
			continue;
		*value = read_register(&ioapics[i], index & 0xff);
		return true;
	}
	return false;
}
