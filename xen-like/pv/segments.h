/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/segments.h - a vCPU's GDT and LDT: the guest's pages, checked,
 * under the CPU's table registers.
 */
#pragma once

#include "xen-like/base/work.h"
#include "xen-like/domain/domain.h"

/*
 * Replaces the GDT of a vCPU (the current one, or one that does not run) by
 * `entries` descriptors (at most 7168) in `frames`.  0 or -XEN_Exxx, with the
 * old one kept.
 */
MUST_CHECK
int segments_set_gdt(struct vcpu *vcpu, const uint64_t *frames, uint32_t entries,
		     struct work_budget *budget);

/* The same for the LDT, at most 8192 entries, by its address in the loaded tables. */
MUST_CHECK
int segments_set_ldt(struct vcpu *vcpu, uint64_t va, uint32_t entries, struct work_budget *budget);

/* update_descriptor: one checked descriptor stored at a machine address. */
MUST_CHECK
int segments_update_descriptor(struct domain *domain, maddr_t where, uint64_t descriptor);

/* Drops both; for a vCPU that goes away. */
void segments_release(struct vcpu *vcpu);
