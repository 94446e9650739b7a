/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/runstate.h - what a guest may know of its vCPUs' waiting: the
 * ABI's runstate, and the vCPU's own timers (sched/vcpu_time.c).
 */
#pragma once

#include "xen-like/domain/domain.h"

/* From now on the vCPU is in `state`.  The scheduler's lock is held. */
void runstate_enter(struct vcpu *vcpu, int state);
/* Its single-shot, periodic and poll timers, before the first use. */
void vcpu_timers_init(struct vcpu *vcpu);
/* It has just got this CPU: fresh time and runstate into its memory. */
void vcpu_scheduled_in(struct vcpu *vcpu);
/* Writes the runstate to the guest's area; the vCPU is current. */
void runstate_publish(struct vcpu *vcpu);
