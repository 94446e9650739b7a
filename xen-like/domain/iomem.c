/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/iomem.c - what dom0 may map that is no page of a domain:
 * devices, firmware tables and the BIOS area, but not what makes interrupts
 * and not Enso's memory.
 */
#include "xen-like/domain/iomem.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/ioapic.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/base/bits.h"
#include "xen-like/pv/pv.h"

/* BIOS data, EBDA, the VGA window and ROMs: dom0's whatever the map says. */
#define LOW_FRAMES 0x100

/* Writes here are interrupt messages; the local APICs lie there too. */
#define MESSAGES_FIRST 0xfee00
#define MESSAGES_LAST  0xfeeff

/* AMD: HyperTransport's own, below 1 TiB (AMD64 manual 2, 1.x; 12 GiB). */
#define HYPERTRANSPORT_FIRST 0xfd00000
#define HYPERTRANSPORT_LAST  0xfffffff

static bool is_reserved_window(mfn_t frame)
{
	if (frame.n >= MESSAGES_FIRST && frame.n <= MESSAGES_LAST)
		return true;
	return cpu_features.amd && frame.n >= HYPERTRANSPORT_FIRST &&
	       frame.n <= HYPERTRANSPORT_LAST;
}

static bool is_ioapic(mfn_t frame)
{
	for (uint32_t i = 0; i < ioapic_count; i++)
		if (ioapics[i].address >> PAGE_SHIFT == frame.n)
			return true;
	return false;
}

/* How the firmware's map and the page meet. */
enum overlap { OVERLAP_NONE, OVERLAP_PART, OVERLAP_WHOLE };

static enum overlap overlap_of(mfn_t frame, uint32_t type)
{
	uint64_t start = frame.n << PAGE_SHIFT, end = start + PAGE_SIZE;
	uint64_t covered = 0;

	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];
		uint64_t last = add_saturating(entry->start, entry->bytes);

		if (entry->type != type || last <= start || entry->start >= end)
			continue;
		covered += MIN(last, end) - MAX(entry->start, start);
	}
	if (covered == 0)
		return OVERLAP_NONE;
	return covered >= PAGE_SIZE ? OVERLAP_WHOLE : OVERLAP_PART;
}

bool iomem_is_device(mfn_t frame)
{
	return frame.n >> (cpu_features.physical_bits - PAGE_SHIFT) == 0 &&
	       !is_reserved_window(frame) && !is_ioapic(frame) &&
	       overlap_of(frame, E820_RAM) == OVERLAP_NONE;
}

bool iomem_permitted(const struct domain *domain, mfn_t frame)
{
	if (!domain->hardware || frame.n >> (cpu_features.physical_bits - PAGE_SHIFT))
		return false;
	if (frame.n < LOW_FRAMES)
		return true;
	if (is_reserved_window(frame) || is_ioapic(frame))
		return false;
	/* A page that is RAM only in part may hold the rest's ACPI tables. */
	return overlap_of(frame, E820_RAM) != OVERLAP_WHOLE &&
	       overlap_of(frame, E820_UNUSABLE) == OVERLAP_NONE;
}
