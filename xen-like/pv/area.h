/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/area.h - the L4 slot that differs from domain to domain: where
 * the CPU finds each vCPU's GDT and LDT.
 *
 * One vCPU has 32 pages at DOMAIN_AREA_START + id * 128 KiB: 16 of GDT, of
 * which 14 and 15 are the running CPU's own, then 16 of LDT.  Entries are
 * written by the CPU that runs the vCPU, or while it is paused.
 */
#pragma once

#include "xen-like/domain/domain.h"

MUST_CHECK
struct area *area_create(uint32_t vcpus);
void area_destroy(struct area *area);

/* Fills the hypervisor's slots of a guest's L4. */
void area_fill_l4(const struct domain *domain, uint64_t *l4);

static inline uint64_t area_gdt(uint32_t vcpu)
{
	return DOMAIN_AREA_START + ((uint64_t)vcpu << VCPU_AREA_SHIFT);
}

static inline uint64_t area_ldt(uint32_t vcpu)
{
	return area_gdt(vcpu) + GDT_PAGES * PAGE_SIZE;
}

/* Maps a frame (or, with INVALID_MFN, nothing) at page 0..31 of the vCPU's part. */
void area_map(struct area *area, uint32_t vcpu, unsigned int page, mfn_t frame);
