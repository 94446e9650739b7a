/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/xpti.h - where a guest could read Enso's memory by guesses
 * (Meltdown), guests run on tables that do not have it.
 */
#pragma once

#include "xen-like/domain/domain.h"

/* Makes the CPU's L4 for guests, once its stacks are there.  False: no memory. */
MUST_CHECK
bool xpti_prepare_cpu(struct cpu *cpu);

/* WORK_TABLES: copies what the loaded L4 has into the one guests run on. */
void xpti_refresh(struct cpu *cpu);

/*
 * An entry of an L4 of the domain's has changed: every CPU that may run on a
 * copy of it makes it anew before its guest goes on.  An entry that went is
 * out of use only after the flush that is due anyway.
 */
void xpti_l4_changed(const struct domain *domain);
