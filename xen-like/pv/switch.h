/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/switch.h - a paravirtual vCPU's state in this CPU's registers:
 * tables, segments, descriptor tables, bases, debug registers.
 */
#pragma once

#include "xen-like/domain/domain.h"

/* Loads CR3 for the vCPU's mode; flushes.  Current vCPU only. */
void vcpu_load_tables(struct vcpu *vcpu);
/* Loads GDTR and LDTR for it, and this CPU's own GDT pages into its area. */
void vcpu_load_descriptors(struct vcpu *vcpu);
/* Loads a selector into GS the way SWAPGS keeps ours; a bad one becomes 0. */
void vcpu_load_user_gs(struct vcpu *vcpu, uint16_t selector);

/* The active GS base of the running guest: Enso holds it in KERNEL_GS_BASE. */
uint64_t guest_gs_base_read(void);
void guest_gs_base_write(uint64_t base);
