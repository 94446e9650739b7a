/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/context.h - a vCPU's first state, as the ABI's
 * vcpu_guest_context describes it.
 */
#pragma once

#include "xen-like/base/work.h"
#include "xen-like/domain/domain.h"

/*
 * Gives a vCPU that has never run its context: page tables (ctrlreg[3], and
 * [1] for user) are taken as L4s, GDT frames as descriptor pages, selectors
 * and flags forced to what a guest may have.  0 or -XEN_Exxx with nothing held;
 * -XEN_ERESTART when the budget ended in the tables: call again.
 */
MUST_CHECK
int vcpu_set_context(struct vcpu *vcpu, const vcpu_guest_context_t *context);

/* Undoes it: the paused vCPU holds nothing of its domain's and has to be given a context anew. */
void vcpu_reset_context(struct vcpu *vcpu);

/* The state of a paused vCPU (vcpu_pause_sync()) that was given a context: context_get.c. */
void vcpu_get_context(const struct vcpu *vcpu, vcpu_guest_context_t *context);
