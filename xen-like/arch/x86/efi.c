/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/efi.c - reads UEFI's system table (UEFI 2.10, 4.3), whose
 * address the boot loader gave, once.
 */
#include "xen-like/arch/x86/efi.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/base/spinlock.h"

#define SYSTEM_TABLE_SIGNATURE 0x5453595320494249ull /* "IBI SYST" */
#define TABLES_MAX	       1024

struct efi_header {
	uint64_t signature;
	uint32_t revision, bytes, crc, reserved;
};

struct efi_system_table {
	struct efi_header header;
	uint64_t vendor;
	uint32_t firmware_revision, pad;
	uint64_t console_handles[6];
	uint64_t runtime, boot;
	uint64_t tables, tables_address;
};

_Static_assert(offsetof(struct efi_system_table, tables) == 104, "UEFI 2.10, 4.3");

static struct spinlock efi_lock = SPINLOCK(RANK_PCI);
static struct efi_facts facts;
static bool read_already;

static void vendor_read(uint64_t address)
{
	const uint16_t *text =
		address ? paging_map_table(maddr(address), sizeof(facts.vendor)) : NULL;

	for (unsigned int i = 0; text && i < EFI_VENDOR_MAX - 1 && text[i]; i++)
		facts.vendor[i] = text[i];
}

static void facts_read(void)
{
	const struct efi_system_table *system;
	const struct efi_header *runtime;

	if (!boot_info.efi_system_table)
		return;
	system = paging_map_table(maddr(boot_info.efi_system_table), sizeof(*system));
	if (!system || system->header.signature != SYSTEM_TABLE_SIGNATURE ||
	    system->tables > TABLES_MAX)
		return;
	runtime =
		system->runtime ? paging_map_table(maddr(system->runtime), sizeof(*runtime)) : NULL;
	facts.runtime_revision = runtime ? runtime->revision : 0;
	facts.firmware_revision = system->firmware_revision;
	facts.tables = (uint32_t)system->tables;
	facts.tables_address = maddr(system->tables_address);
	vendor_read(system->vendor);
	facts.revision = system->header.revision;
}

const struct efi_facts *efi_facts_get(void)
{
	spin_lock(&efi_lock);
	if (!read_already)
		facts_read();
	read_already = true;
	spin_unlock(&efi_lock);
	return facts.revision ? &facts : NULL;
}
