/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/debug.h - a vCPU's debug registers.
 */
#pragma once

#include "xen-like/domain/domain.h"

/*
 * Sets DR0-3, 6 or 7 (4 and 5 mean 6 and 7); loads it if the vCPU runs here.
 * 0, or -XEN_EINVAL for another register, an address in Enso's range, or
 * reserved or forbidden bits.
 */
MUST_CHECK int64_t vcpu_set_debug(struct vcpu *vcpu, unsigned int reg, uint64_t value);

/* Its value, or -XEN_EINVAL as a register's worth. */
uint64_t vcpu_get_debug(struct vcpu *vcpu, unsigned int reg);
