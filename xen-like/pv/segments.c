/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/segments.c - see segments.h.  Each page of a table is mapped in
 * the vCPU's part of the domain area and held as DESCRIPTORS; when it is let
 * go, its translation is flushed first, for the CPU reads tables by it.
 */
#include "xen-like/pv/segments.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/area.h"
#include "xen-like/pv/descriptor.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/switch.h"

#define ENTRIES_PER_PAGE 512
#define LDT_ENTRIES_MAX	 8192

static int hold(struct pages_locked locked, mfn_t frame, struct work_budget *budget)
{
	int rc;

	if (!frame_get(frame, locked.domain->id))
		return -XEN_EINVAL;
	rc = page_type_get_locked(locked, frame, FRAME_DESCRIPTORS, budget);
	if (rc != 0)
		frame_put(frame);
	return rc == -XEN_EBUSY ? -XEN_EINVAL : rc;
}

static void release(struct pages_locked locked, const mfn_t *frames, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		page_type_put_locked(locked, frames[i]);
		frame_put(frames[i]);
	}
}

static int hold_all(struct pages_locked locked, const mfn_t *frames, unsigned int count,
		    struct work_budget *budget)
{
	for (unsigned int i = 0; i < count; i++) {
		int rc = hold(locked, frames[i], budget);

		if (rc != 0) {
			release(locked, frames, i);
			return rc;
		}
	}
	return 0;
}

static unsigned int pages_for(uint32_t entries)
{
	return (entries + ENTRIES_PER_PAGE - 1) / ENTRIES_PER_PAGE;
}

/* Makes the new area entries the only ones the CPU knows. */
static void area_changed(struct vcpu *vcpu)
{
	if (vcpu != current_vcpu())
		return;
	mmu_flush_local();
	vcpu_load_descriptors(vcpu);
}

int segments_set_gdt(struct vcpu *vcpu, const uint64_t *numbers, uint32_t entries,
		     struct work_budget *budget)
{
	mfn_t frames[RESERVED_GDT_FIRST_PAGE], old[RESERVED_GDT_FIRST_PAGE];
	unsigned int count = pages_for(entries), old_count = pages_for(vcpu->pv.gdt_entries);
	struct pages_locked locked;
	int rc;

	if (entries > RESERVED_GDT_FIRST_PAGE * ENTRIES_PER_PAGE)
		return -XEN_EINVAL;
	for (unsigned int i = 0; i < count; i++)
		frames[i] = mfn(numbers[i]);

	locked = pages_lock(vcpu->domain);
	rc = page_type_settle(locked, budget);
	if (rc == 0)
		rc = hold_all(locked, frames, count, budget);
	if (rc == 0) {
		for (unsigned int i = 0; i < RESERVED_GDT_FIRST_PAGE; i++) {
			old[i] = vcpu->pv.gdt_frames[i];
			vcpu->pv.gdt_frames[i] = i < count ? frames[i] : INVALID_MFN;
			area_map(vcpu->domain->area, vcpu->id, i, vcpu->pv.gdt_frames[i]);
		}
		vcpu->pv.gdt_entries = (uint16_t)entries;
		area_changed(vcpu);
		release(locked, old, old_count);
	}
	pages_unlock(locked);
	return rc;
}

static unsigned int ldt_pages(const struct vcpu *vcpu)
{
	return pages_for(vcpu->pv.ldt_entries);
}

int segments_set_ldt(struct vcpu *vcpu, uint64_t va, uint32_t entries, struct work_budget *budget)
{
	mfn_t frames[LDT_PAGES], old[LDT_PAGES];
	unsigned int count = pages_for(entries), old_count = ldt_pages(vcpu);
	struct pages_locked locked;
	int rc;

	if (entries > LDT_ENTRIES_MAX || (va & ~PAGE_MASK))
		return -XEN_EINVAL;
	locked = pages_lock(vcpu->domain);
	rc = page_type_settle(locked, budget);
	for (unsigned int i = 0; rc == 0 && i < count; i++) {
		struct table_slot slot;

		if (!mmu_find_slot(vcpu, va + i * PAGE_SIZE, &slot) ||
		    !(mmu_entry_read(slot) & PTE_PRESENT))
			rc = -XEN_EINVAL;
		else
			frames[i] = pte_frame(mmu_entry_read(slot));
	}
	if (rc == 0)
		rc = hold_all(locked, frames, count, budget);
	if (rc == 0) {
		for (unsigned int i = 0; i < LDT_PAGES; i++) {
			old[i] = vcpu->pv.ldt_frames[i];
			vcpu->pv.ldt_frames[i] = i < count ? frames[i] : INVALID_MFN;
			area_map(vcpu->domain->area, vcpu->id, GDT_PAGES + i,
				 vcpu->pv.ldt_frames[i]);
		}
		vcpu->pv.ldt_base = va;
		vcpu->pv.ldt_entries = entries;
		area_changed(vcpu);
		release(locked, old, old_count);
	}
	pages_unlock(locked);
	return rc;
}

int segments_update_descriptor(struct domain *domain, maddr_t where, uint64_t descriptor)
{
	mfn_t frame = maddr_to_mfn(where);
	struct pages_locked locked;
	enum frame_type type;
	uint64_t state;
	int rc = 0;

	if ((where.n & 7) || !descriptor_check(&descriptor))
		return -XEN_EINVAL;
	if (!frame_get(frame, domain->id))
		return -XEN_EINVAL;
	locked = pages_lock(domain);
	state = read_once(frame_of(frame)->state);
	type = frame_uses(state) ? frame_type(state) : FRAME_WRITABLE;
	/* A table in use, or a page that is nothing special; never a page table. */
	if (type != FRAME_DESCRIPTORS)
		rc = page_writable_get(frame) == 0 ? 0 : -XEN_EINVAL;
	if (rc == 0) {
		write_once(*(uint64_t *)((char *)frame_map(frame) + (where.n & ~PAGE_MASK)),
			   descriptor);
		if (type != FRAME_DESCRIPTORS)
			page_writable_put(frame);
	}
	pages_unlock(locked);
	frame_put(frame);
	return rc;
}

void segments_release(struct vcpu *vcpu)
{
	struct pages_locked locked = pages_lock(vcpu->domain);

	release(locked, vcpu->pv.gdt_frames, pages_for(vcpu->pv.gdt_entries));
	release(locked, vcpu->pv.ldt_frames, ldt_pages(vcpu));
	for (unsigned int i = 0; i < RESERVED_GDT_FIRST_PAGE; i++)
		vcpu->pv.gdt_frames[i] = INVALID_MFN;
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		vcpu->pv.ldt_frames[i] = INVALID_MFN;
	vcpu->pv.gdt_entries = 0;
	vcpu->pv.ldt_entries = 0;
	pages_unlock(locked);
}
