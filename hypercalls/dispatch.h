/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/dispatch.h - from a number to a handler, and the handlers' shape.
 *
 * A handler hc_NAME takes its arguments as raw registers, copies what they
 * point to, decides and acts; it returns the guest's result (>= 0 or
 * -XEN_Exxx).  One that has worked its budget says by hypercall_set_argument()
 * what is left and returns -XEN_ERESTART.
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

/* What a handler returns that has given the vCPU a whole new set of registers; beside
 * -XEN_ERESTART. */
#define HYPERCALL_NO_RESULT (-XEN_ERESTART - 1)

struct vcpu;

/*
 * Argument `index`, from 0 on, of the call that current makes: what it shall be
 * when the call is made again.
 */
void hypercall_set_argument(unsigned int index, reg_t value);

/*
 * entry.S: runs call `number` of current, whose registers are saved; the others are what it
 * found in the registers for arguments.  What the handler returns.
 */
int64_t hypercall_from_guest(reg_t a, reg_t b, reg_t c, reg_t d, reg_t e, uint32_t number);

/*
 * entry.S: after HYPERCALL_NO_RESULT, or -XEN_ERESTART, for which it makes the guest call
 * again.  Its registers are as they are saved, then; all other results go into RAX.
 */
void hypercall_unfinished(int64_t result);
