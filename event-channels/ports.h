/* SPDX-License-Identifier: MIT */
/*
 * event-channels/ports.h - all that event channels ask of Enso's core;
 * answered by xen-like/domain/ports.c, and by the unit tests' models.
 *
 * Every one may be called with an event lock held; vCPU numbers are below the
 * domain's max_vcpus.
 *
 * Locks ask for spin_wait() and, in debug builds, lock_rank_enter() and
 * lock_rank_leave() beside: xen-like/base/spinlock.h.
 */
#pragma once

#include "xen-like/base/abi.h"

struct domain;

/*
 * Sets bit `word` of the vCPU's evtchn_pending_sel, in memory it shares with us.  If it
 * was not set: says that the vCPU has an event to look at, and wakes it.
 */
void event_port_tell_vcpu(struct domain *domain, uint32_t vcpu, uint32_t word);
/* Wakes every vCPU that waits for this port in SCHEDOP_poll. */
void event_port_wake_pollers(struct domain *domain, uint32_t port);

/* A domain met under a lock that is to outlive the lock. */
void event_port_domain_get(struct domain *domain);
void event_port_domain_put(struct domain *domain);

/* Physical interrupts; 0 or -XEN_Exxx. */
MUST_CHECK
int event_port_pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port, bool will_share);
void event_port_pirq_unbind(struct domain *domain, uint32_t pirq);
void event_port_pirq_unmasked(struct domain *domain, uint32_t pirq);
/* Sends the interrupt to where `vcpu` runs, if that is easily done. */
void event_port_pirq_follow(struct domain *domain, uint32_t pirq, uint32_t vcpu);
