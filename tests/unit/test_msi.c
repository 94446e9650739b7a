// needs: xen-like/arch/x86/msi.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_msi.c - what Enso writes into a device's MSI capability or
 * MSI-X table, and which tables it refuses to write to.
 */
#include <stdio.h>
#include <string.h>

#include "xen-like/arch/x86/msi.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/domain/iomem.h"

#define POSITION   0x50
#define TABLE_BASE 0xc0000000ull
#define RAM_FRAME  0x1000ull

static int failures;
static uint8_t config[256];
static uint8_t table[4096];
static uint8_t has_capability;
static uint64_t bar;
static bool no_memory;
static unsigned int mappings;

static void check(const char *name, bool good)
{
	if (good)
		printf("PASS msi_%s\n", name);
	else
		printf("FAIL msi_%s: not so\n", name);
	failures += !good;
}

/* The device --------------------------------------------------------------- */

uint32_t pci_read(struct pci_device device, unsigned int offset, unsigned int bytes)
{
	uint32_t value = 0;

	(void)device;
	memcpy(&value, config + offset, bytes);
	return value;
}

void pci_write(struct pci_device device, unsigned int offset, unsigned int bytes, uint32_t value)
{
	(void)device;
	memcpy(config + offset, &value, bytes);
}

uint8_t pci_find_capability(struct pci_device device, uint8_t wanted)
{
	(void)device;
	return wanted == has_capability ? POSITION : 0;
}

uint64_t pci_bar_address(struct pci_device device, unsigned int index)
{
	(void)device;
	return index == 1 ? bar : 0;
}

bool iomem_is_device(mfn_t frame)
{
	return frame.n >> 12 != RAM_FRAME >> 12;
}

void *paging_map_device(maddr_t start, uint64_t bytes)
{
	(void)start;
	(void)bytes;
	mappings++;
	return no_memory ? NULL : table;
}

static void put_16(unsigned int offset, uint16_t value)
{
	memcpy(config + offset, &value, 2);
}

static void put_32(unsigned int offset, uint32_t value)
{
	memcpy(config + offset, &value, 4);
}

static uint32_t row_word(unsigned int row, unsigned int word)
{
	uint32_t value;

	memcpy(&value, table + row * 16 + word * 4, 4);
	return value;
}

/* Claims ------------------------------------------------------------------- */

static void device_with_msi(uint16_t control)
{
	memset(config, 0, sizeof(config));
	has_capability = PCI_CAPABILITY_MSI;
	put_16(POSITION + 2, control);
}

static void test_plain(void)
{
	struct msi msi;

	device_with_msi(0);
	check("found", msi_find(&msi, (struct pci_device){0}, 0, 0) == 0);
	msi_write(&msi, 3, 0x41);
	check("address", pci_read(msi.device, POSITION + 4, 4) == 0xfee03000);
	check("data", pci_read(msi.device, POSITION + 8, 4) == 0x41);
	check("no_mask", !msi_mask(&msi, true));
	check("control_left", pci_read(msi.device, POSITION + 2, 2) == 0);
}

static void test_wide(void)
{
	struct msi msi;

	device_with_msi(0x180);
	put_32(POSITION + 8, 0xffffffff);
	put_32(POSITION + 16, 0xfffffff0);
	check("wide_found", msi_find(&msi, (struct pci_device){0}, 0, 0) == 0);
	msi_write(&msi, 0xfe, 0xef);
	check("wide_address", pci_read(msi.device, POSITION + 4, 4) == 0xfeefe000);
	check("wide_high", pci_read(msi.device, POSITION + 8, 4) == 0);
	check("wide_data", pci_read(msi.device, POSITION + 12, 2) == 0xef);
	check("masks",
	      msi_mask(&msi, true) && pci_read(msi.device, POSITION + 16, 4) == 0xfffffff1);
	check("unmasks",
	      msi_mask(&msi, false) && pci_read(msi.device, POSITION + 16, 4) == 0xfffffff0);
}

/* A table of 4 rows at offset 0x100 of BAR 1. */
static void device_with_table(void)
{
	memset(config, 0, sizeof(config));
	memset(table, 0xff, sizeof(table));
	has_capability = PCI_CAPABILITY_MSIX;
	put_16(POSITION + 2, 3);
	put_32(POSITION + 4, 0x100 | 1);
	bar = TABLE_BASE;
}

static void test_table(void)
{
	struct msi msi;
	unsigned int before;

	device_with_table();
	check("row_found", msi_find(&msi, (struct pci_device){0}, 3, TABLE_BASE) == 0);
	before = mappings;
	msi_write(&msi, 1, 0x55);
	check("row", row_word(0x13, 0) == 0xfee01000 && row_word(0x13, 1) == 0 &&
			     row_word(0x13, 2) == 0x55);
	check("row_unmask", msi_mask(&msi, false) && row_word(0x13, 3) == 0xfffffffe);
	check("row_mask", msi_mask(&msi, true) && row_word(0x13, 3) == 0xffffffff);
	check("neighbours", row_word(0x12, 0) == ~0u && row_word(0x14, 0) == ~0u);
	check("row_0", msi_find(&msi, (struct pci_device){0}, 0, TABLE_BASE) == 0);
	check("mapped_once", mappings == before);
}

static void test_refusals(void)
{
	struct pci_device device = {0};
	struct msi msi;

	device_with_table();
	check("past_last_row", msi_find(&msi, device, 4, TABLE_BASE) == -XEN_EINVAL);
	check("other_base", msi_find(&msi, device, 0, TABLE_BASE + 4096) == -XEN_EINVAL);
	bar = 0;
	check("virtual_function", msi_find(&msi, device, 0, 0xd0000000) == 0);
	check("ram", msi_find(&msi, device, 0, RAM_FRAME << 12) == -XEN_EINVAL);
	check("crooked", msi_find(&msi, device, 0, 0xd0000008) == -XEN_EINVAL);
	check("past_the_end", msi_find(&msi, device, 0, ~0ull << 8) == -XEN_EINVAL);
	no_memory = true;
	check("no_room", msi_find(&msi, device, 0, 0xe0000000) == -XEN_ENOMEM);
	no_memory = false;
	has_capability = 0;
	check("none", msi_find(&msi, device, 0, 0) == -XEN_ENODEV);
	check("none_extended", msi_find(&msi, device, 0, TABLE_BASE) == -XEN_ENODEV);
}

int main(void)
{
	test_plain();
	test_wide();
	test_table();
	test_refusals();
	return failures != 0;
}
