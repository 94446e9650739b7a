/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/dispatch.h - from a number to a handler, and the handlers' shape.
 *
 * A handler hc_NAME takes its arguments as raw registers, copies what they
 * point to, decides and acts; it returns the guest's result (>= 0 or
 * -XEN_Exxx).  One that has worked its budget changes current_vcpu()->call.args
 * to what is left and returns -XEN_ERESTART.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/work.h"

typedef uint64_t reg_t;

#define TYPES_0			    void
#define TYPES_1			    reg_t
#define TYPES_2			    reg_t, reg_t
#define TYPES_3			    reg_t, reg_t, reg_t
#define TYPES_4			    reg_t, reg_t, reg_t, reg_t
#define TYPES_5			    reg_t, reg_t, reg_t, reg_t, reg_t

#define HYPERCALL(name, count, who) int64_t hc_##name(TYPES_##count);
#include "hypercalls/table.def"
#undef HYPERCALL

/* entry.S: runs the call in current's registers and stores its result there. */
void hypercall_from_guest(void);
