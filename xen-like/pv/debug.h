/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/debug.h - a guest's debug registers: set_debugreg, get_debugreg
 * and MOV DR.
 */
#pragma once

#include "xen-like/domain/domain.h"

/*
 * Sets DR0-3, 6 or 7 (4 and 5 are names of 6 and 7) of the current vCPU, or of
 * one that does not run; loads the CPU's if they are `vcpu`'s.  0; -XEN_EPERM
 * for addresses that are not a guest's and for breakpoints it may not have
 * (I/O without CR4.DE, general detect, reserved bits); -XEN_ENODEV: no such
 * register.
 */
MUST_CHECK
int64_t vcpu_set_debug(struct vcpu *vcpu, unsigned int reg, uint64_t value);

/* What it was set to; -XEN_ENODEV as above. */
uint64_t vcpu_get_debug(const struct vcpu *vcpu, unsigned int reg);
