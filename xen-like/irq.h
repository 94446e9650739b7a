/* SPDX-License-Identifier: MIT */
/*
 * xen-like/irq.h - from a physical interrupt to a driver of ours or a guest's
 * event channel.
 *
 * Vectors 0x20..0xef carry device interrupts, the rest are Enso's own.
 */
#pragma once

#include "xen-like/base/abi.h"

struct domain;
struct regs;

#define VECTOR_DEVICE_FIRST 0x20
#define VECTOR_DEVICE_LAST 0xef
#define VECTOR_KICK 0xfa     /* look at your work bits */
#define VECTOR_FLUSH 0xfb    /* TLB flush or call asked */
#define VECTOR_TIMER 0xfc    /* the local APIC's one-shot */
#define VECTOR_ERROR 0xfe
#define VECTOR_SPURIOUS 0xff

/* arch/x86/traps.c hands every vector >= 0x20 here, interrupts off. */
void irq_handle(uint8_t vector);

/* Routes `gsi` to a driver of Enso's; false when it cannot be. */
MUST_CHECK bool irq_request_own(uint32_t gsi, void (*handler)(void *), void *argument);

/* dom0's table of pirqs, one row a GSI and then MSIs.  NULL: no memory. */
struct pirq_table *pirq_table_create(struct domain *domain) MUST_CHECK;

/* event_channel_op: bind_pirq, close, unmask call these.  0 or -errno. */
MUST_CHECK int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port, bool will_share);
void pirq_unbind(struct domain *domain, uint32_t pirq);
void pirq_unmasked(struct domain *domain, uint32_t pirq); /* guest unmasked its port */
void pirq_set_vcpu(struct domain *domain, uint32_t pirq, uint32_t cpu);
