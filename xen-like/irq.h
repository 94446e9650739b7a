/* SPDX-License-Identifier: MIT */
/*
 * xen-like/irq.h - from a physical interrupt to a driver of ours or a guest's
 * event channel.
 *
 * Vectors 0x20..0xef carry device interrupts, the rest are Enso's own.
 */
#pragma once

#include "xen-like/arch/x86/pci.h"
#include "xen-like/base/abi.h"

struct domain;
struct regs;

#define VECTOR_DEVICE_FIRST 0x20
#define VECTOR_DEVICE_LAST  0xef
#define VECTOR_KICK	    0xfa /* look at your work bits */
#define VECTOR_FLUSH	    0xfb /* TLB flush or call asked */
#define VECTOR_TIMER	    0xfc /* the local APIC's one-shot */
#define VECTOR_ERROR	    0xfe
#define VECTOR_SPURIOUS	    0xff

/*
 * arch/x86/traps.c hands every vector >= 0x20 here, interrupts off and no lock
 * held: guest code or the idle loop was interrupted.
 */
void irq_handle(uint8_t vector);

/* Room for the vectors of CPU `id`, before it may be given one.  False: no memory. */
MUST_CHECK
bool irq_prepare_cpu(uint32_t id);

/* Routes `gsi` to a driver of Enso's; false when it cannot be. */
MUST_CHECK
bool irq_request_own(uint32_t gsi, void (*handler)(void *), void *argument);

/*
 * Pirqs: what the ABI calls an interrupt of dom0's.  A GSI's pirq has its
 * number; MSIs have those above.  All are 0 or -XEN_Exxx and may be called with
 * numbers a guest made up.  Locking: their own (RANK_IRQ), callers may hold
 * event locks.
 */

/* Lets the domain map pirqs.  NULL: no memory. */
struct pirq_table *pirq_table_create(struct domain *domain) MUST_CHECK;

/* How many pirqs are GSIs; the first MSI's number. */
uint32_t pirq_gsi_count(void);

/* setup_gsi: how the line is wired.  -XEN_EEXIST: already in use. */
MUST_CHECK
int pirq_set_trigger(struct domain *domain, uint32_t gsi, bool level, bool active_low);
MUST_CHECK
int pirq_map_gsi(struct domain *domain, uint32_t gsi);
/* `table_base` 0: MSI, else MSI-X row `entry`; *pirq: ~0 for any, or the one wanted. */
MUST_CHECK
int pirq_map_msi(struct domain *domain, struct pci_device device, uint16_t entry,
		 uint64_t table_base, uint32_t *pirq);
MUST_CHECK
int pirq_unmap(struct domain *domain, uint32_t pirq);
/* A number pirq_map_msi() could use; ~0: none. */
uint32_t pirq_find_free(struct domain *domain);
/* Writes the device's messages again after a reset.  -XEN_ENODEV: it has none. */
MUST_CHECK
int pirq_restore_msi(struct domain *domain, struct pci_device device);

/* XENIRQSTAT_* bits. */
MUST_CHECK
int pirq_status(struct domain *domain, uint32_t pirq, uint32_t *flags);
/* The guest has dealt with a level interrupt: it may come again. */
MUST_CHECK
int pirq_eoi(struct domain *domain, uint32_t pirq);

/* event_channel_op: bind_pirq, close, unmask call these.  0 or -errno. */
MUST_CHECK
int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port, bool will_share);
void pirq_unbind(struct domain *domain, uint32_t pirq);
void pirq_unmasked(struct domain *domain, uint32_t pirq); /* guest unmasked its port */
void pirq_set_vcpu(struct domain *domain, uint32_t pirq, uint32_t cpu);

/* A register of an I/O APIC, by the address of its registers.  -XEN_EINVAL: none there. */
MUST_CHECK
int pirq_ioapic_read(struct domain *domain, uint64_t address, uint32_t index, uint32_t *value);

/* Lines in use, for the console's key. */
void irq_print(void);
