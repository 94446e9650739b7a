/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/acpi.c - see acpi.h.  Layouts: ACPI specification 6.4, 5.2.
 */
#include "xen-like/arch/x86/acpi.h"
#include "xen-like/base/string.h"

#define TABLE_MAX (1u << 20)

struct acpi_info acpi_info;

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

static uint64_t get(const void *table, size_t at, size_t bytes)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)table + at, bytes);
	return value;
}

static bool sum_is_zero(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

/* MADT ------------------------------------------------------------------------ */

#define CPU_ENABLED  1u
#define EVERY_XAPIC  0xff
#define EVERY_X2APIC 0xffffffff

/* Firmware may name a CPU twice, as APIC and as x2APIC. */
static void add_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
	if (!(flags & CPU_ENABLED) || acpi_info.cpu_count == ACPI_CPUS_MAX)
		return;
	for (uint32_t i = 0; i < acpi_info.cpu_count; i++)
		if (acpi_info.cpus[i].apic_id == apic_id)
			return;
	acpi_info.cpus[acpi_info.cpu_count++] = (struct acpi_cpu){apic_id, acpi_id};
}

static void add_ioapic(const uint8_t *entry)
{
	if (acpi_info.ioapic_count == ACPI_IOAPICS_MAX)
		return;
	acpi_info.ioapics[acpi_info.ioapic_count++] = (struct acpi_ioapic){
		.id = entry[2],
		.address = get(entry, 4, 4),
		.gsi_base = (uint32_t)get(entry, 8, 4),
	};
}

static void add_override(const uint8_t *entry)
{
	uint8_t irq = entry[3];
	uint16_t flags = (uint16_t)get(entry, 8, 2);

	if (irq >= ACPI_LEGACY_IRQS)
		return;
	acpi_info.legacy[irq] = (struct acpi_override){
		.gsi = (uint32_t)get(entry, 4, 4),
		.active_low = (flags & 3) == 3,
		.level = ((flags >> 2) & 3) == 3,
	};
}

static void read_madt_entry(const uint8_t *entry, uint8_t bytes)
{
	switch (entry[0]) {
	case 0:
		if (bytes >= 8 && entry[3] != EVERY_XAPIC)
			add_cpu(entry[3], entry[2], (uint32_t)get(entry, 4, 4));
		break;
	case 1:
		if (bytes >= 12)
			add_ioapic(entry);
		break;
	case 2:
		if (bytes >= 10)
			add_override(entry);
		break;
	case 5:
		if (bytes >= 12)
			acpi_info.local_apic = get(entry, 4, 8);
		break;
	case 9:
		if (bytes >= 16 && get(entry, 4, 4) != EVERY_X2APIC)
			add_cpu((uint32_t)get(entry, 4, 4), (uint32_t)get(entry, 12, 4),
				(uint32_t)get(entry, 8, 4));
		break;
	default:
		break;
	}
}

static void read_madt(const uint8_t *table, uint32_t length)
{
	if (length < 44)
		return;
	acpi_info.present = true;
	acpi_info.local_apic = get(table, 36, 4);
	for (uint32_t at = 44; at + 2 <= length;) {
		uint8_t bytes = table[at + 1];

		if (bytes < 2 || at + bytes > length) {
			acpi_port_complain("an entry runs over its end", "APIC");
			return;
		}
		read_madt_entry(table + at, bytes);
		at += bytes;
	}
}

/* The others -------------------------------------------------------------------- */

static void read_fadt(const uint8_t *table, uint32_t length)
{
	uint32_t flags;

	if (length < 116)
		return;
	acpi_info.pm1a_control = (uint16_t)get(table, 64, 4);
	acpi_info.pm1b_control = (uint16_t)get(table, 68, 4);
	acpi_info.pm_timer = (uint16_t)get(table, 76, 4);
	flags = (uint32_t)get(table, 112, 4);
	acpi_info.pm_timer_32 = flags & (1u << 8);
	if (length >= 129 && (flags & (1u << 10))) {
		acpi_info.reset_space = table[116];
		acpi_info.reset_address = get(table, 120, 8);
		acpi_info.reset_value = table[128];
	}
}

static void read_mcfg(const uint8_t *table, uint32_t length)
{
	for (uint32_t at = 44; at + 16 <= length; at += 16) {
		if (get(table, at + 8, 2) != 0)
			continue;
		acpi_info.mcfg = get(table, at, 8);
		acpi_info.mcfg_first_bus = table[at + 10];
		acpi_info.mcfg_last_bus = table[at + 11];
	}
}

static void read_table(uint64_t address)
{
	const struct header *header = acpi_port_map(address, sizeof(*header));
	const uint8_t *table;
	char name[5] = {0};
	uint32_t length;

	if (!header)
		return;
	memcpy(name, header->signature, 4);
	length = header->length;
	if (length < sizeof(*header) || length > TABLE_MAX) {
		acpi_port_complain("its length is impossible", name);
		return;
	}
	table = acpi_port_map(address, length);
	if (!table)
		return;
	if (!sum_is_zero(table, length)) {
		acpi_port_complain("its checksum is wrong", name);
		return;
	}
	if (!memcmp(name, "APIC", 4))
		read_madt(table, length);
	else if (!memcmp(name, "FACP", 4))
		read_fadt(table, length);
	else if (!memcmp(name, "HPET", 4) && length >= 52 && table[40] == 0)
		acpi_info.hpet = get(table, 44, 8);
	else if (!memcmp(name, "MCFG", 4))
		read_mcfg(table, length);
}

static void read_root(uint64_t address, size_t pointer_bytes)
{
	const struct header *header = acpi_port_map(address, sizeof(*header));
	uint32_t length = header ? header->length : 0;
	const uint8_t *table;

	if (length < sizeof(*header) || length > TABLE_MAX) {
		acpi_port_complain("its length is impossible", "root");
		return;
	}
	table = acpi_port_map(address, length);
	if (!table || !sum_is_zero(table, length)) {
		acpi_port_complain("its checksum is wrong", "root");
		return;
	}
	for (uint32_t at = sizeof(*header); at + pointer_bytes <= length;
	     at += (uint32_t)pointer_bytes)
		read_table(get(table, at, pointer_bytes));
}

static bool is_rsdp(const uint8_t *at)
{
	return !memcmp(at, "RSD PTR ", 8) && sum_is_zero(at, 20);
}

static const uint8_t *search(uint64_t start, uint64_t bytes)
{
	const uint8_t *area = acpi_port_map(start, bytes);

	for (uint64_t at = 0; area && at + 36 <= bytes; at += 16)
		if (is_rsdp(area + at))
			return area + at;
	return NULL;
}

static const uint8_t *find_rsdp(void)
{
	const uint8_t *bios_data = acpi_port_map(0x400, 16);
	uint64_t extended = bios_data ? get(bios_data, 0xe, 2) << 4 : 0;
	const uint8_t *found = NULL;

	if (extended >= 0x400 && extended < 0xa0000)
		found = search(extended, MIN(1024ull, 0xa0000 - extended));
	return found ? found : search(0xe0000, 0x20000);
}

void acpi_assume_none(void)
{
	memset(&acpi_info, 0, sizeof(acpi_info));
	acpi_info.reset_space = 0xff;
	acpi_info.local_apic = 0xfee00000;
	for (uint32_t irq = 0; irq < ACPI_LEGACY_IRQS; irq++)
		acpi_info.legacy[irq].gsi = irq;
}

void acpi_read(const uint8_t *rsdp)
{
	acpi_assume_none();
	if (!rsdp || !is_rsdp(rsdp))
		rsdp = find_rsdp();
	if (!rsdp) {
		acpi_port_complain("there is none", "RSDP");
		return;
	}
	if (rsdp[15] >= 2 && get(rsdp, 24, 8))
		read_root(get(rsdp, 24, 8), 8);
	else
		read_root(get(rsdp, 16, 4), 4);
}
