/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/ptwr.h - plain writes of a guest's kernel to its own L1 tables,
 * which are mapped read-only: carried out as checked updates.
 */
#pragma once

#include "xen-like/domain/domain.h"

/*
 * The instruction at RIP wrote to `address` and faulted.  True: done, RIP
 * moved on; false: not ours, or refused - the guest gets its fault.
 */
MUST_CHECK
bool ptwr_emulate(struct vcpu *vcpu, uint64_t address);
