/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/msi.c - MSI and MSI-X capabilities (PCI Local Bus 3.0, 6.8)
 * and the messages that local APICs take (Intel SDM 3A, 11.11).
 *
 * dom0 maps the device's registers, table included, and could write messages
 * of its own: it drives the devices and is trusted with what they send.  What
 * is checked here is that Enso itself writes to the table and nothing else.
 */
#include "xen-like/arch/x86/msi.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/domain/iomem.h"

#define MESSAGE_ADDRESS	   0xfee00000u
#define MESSAGE_APIC_SHIFT 12

/* MSI: offsets in the capability. */
#define MSI_CONTROL	  2
#define MSI_CONTROL_64	  0x80
#define MSI_CONTROL_MASKS 0x100
#define MSI_ADDRESS_LOW	  4
#define MSI_ADDRESS_HIGH  8
#define MSI_DATA_32	  8
#define MSI_DATA_64	  12
#define MSI_MASK_32	  12
#define MSI_MASK_64	  16

/* MSI-X. */
#define MSIX_CONTROL   2
#define MSIX_ROWS      0x7ff /* less one */
#define MSIX_TABLE     4
#define MSIX_TABLE_BAR 7u
#define ROW_BYTES      16
enum { ROW_ADDRESS_LOW, ROW_ADDRESS_HIGH, ROW_DATA, ROW_CONTROL };
#define ROW_MASKED 1u

/* Table pages stay mapped: a device that comes again finds its page here. */
#define TABLE_PAGES_MAX 512
static struct table_page {
	uint64_t frame;
	void *mapped;
} table_pages[TABLE_PAGES_MAX];
static uint32_t table_page_count;

static void *table_page_map(mfn_t frame)
{
	struct table_page *page;

	for (uint32_t i = 0; i < table_page_count; i++)
		if (table_pages[i].frame == frame.n)
			return table_pages[i].mapped;
	if (table_page_count == TABLE_PAGES_MAX)
		return NULL;
	page = &table_pages[table_page_count];
	page->mapped = paging_map_device(mfn_to_maddr(frame), PAGE_SIZE);
	if (!page->mapped)
		return NULL;
	page->frame = frame.n;
	table_page_count++;
	return page->mapped;
}

static int row_find(struct msi *msi, uint64_t table_base)
{
	uint32_t control = pci_read(msi->device, msi->position + MSIX_CONTROL, 2);
	uint32_t table = pci_read(msi->device, msi->position + MSIX_TABLE, 4);
	uint64_t bar = pci_bar_address(msi->device, table & MSIX_TABLE_BAR);
	uint64_t row = table_base + (table & ~MSIX_TABLE_BAR) + (uint64_t)msi->entry * ROW_BYTES;
	uint8_t *page;

	if (msi->entry > (control & MSIX_ROWS))
		return -XEN_EINVAL;
	/* A virtual function has no BARs of its own: dom0's word must do. */
	if (bar != 0 && bar != table_base)
		return -XEN_EINVAL;
	if (row < table_base || (row & (ROW_BYTES - 1)) ||
	    !iomem_is_device(maddr_to_mfn(maddr(row))))
		return -XEN_EINVAL;
	page = table_page_map(maddr_to_mfn(maddr(row)));
	if (!page)
		return -XEN_ENOMEM;
	msi->row = (volatile uint32_t *)(page + (row & ~PAGE_MASK));
	return 0;
}

int msi_find(struct msi *msi, struct pci_device device, uint16_t entry, uint64_t table_base)
{
	uint32_t control;

	*msi = (struct msi){.device = device, .entry = entry, .extended = table_base != 0};
	msi->position = pci_find_capability(device, msi->extended ? PCI_CAPABILITY_MSIX
								  : PCI_CAPABILITY_MSI);
	if (!msi->position)
		return -XEN_ENODEV;
	if (msi->extended)
		return row_find(msi, table_base);
	control = pci_read(device, msi->position + MSI_CONTROL, 2);
	msi->wide = control & MSI_CONTROL_64;
	msi->maskable = control & MSI_CONTROL_MASKS;
	return 0;
}

static void row_write(volatile uint32_t *row, uint32_t address, uint32_t data)
{
	row[ROW_ADDRESS_LOW] = address;
	row[ROW_ADDRESS_HIGH] = 0;
	row[ROW_DATA] = data;
}

void msi_write(const struct msi *msi, uint8_t apic_id, uint8_t vector)
{
	uint32_t address = MESSAGE_ADDRESS | (uint32_t)apic_id << MESSAGE_APIC_SHIFT;
	unsigned int at = msi->position;

	if (msi->extended) {
		row_write(msi->row, address, vector);
		return;
	}
	pci_write(msi->device, at + MSI_ADDRESS_LOW, 4, address);
	if (msi->wide)
		pci_write(msi->device, at + MSI_ADDRESS_HIGH, 4, 0);
	pci_write(msi->device, at + (msi->wide ? MSI_DATA_64 : MSI_DATA_32), 2, vector);
}

bool msi_mask(const struct msi *msi, bool masked)
{
	unsigned int mask = msi->position + (msi->wide ? MSI_MASK_64 : MSI_MASK_32);
	uint32_t bits;

	if (msi->extended) {
		bits = msi->row[ROW_CONTROL] & ~ROW_MASKED;
		msi->row[ROW_CONTROL] = bits | (masked ? ROW_MASKED : 0);
		(void)msi->row[ROW_CONTROL]; /* the write has arrived */
		return true;
	}
	if (!msi->maskable)
		return false;
	bits = pci_read(msi->device, mask, 4) & ~1u;
	pci_write(msi->device, mask, 4, bits | (masked ? 1 : 0));
	return true;
}
