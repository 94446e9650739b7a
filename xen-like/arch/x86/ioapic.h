/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/ioapic.h - I/O APICs: from a device's line to a vector.
 * Callers hold the interrupt lock (irq.c), or are the boot CPU.
 */
#pragma once

#include "xen-like/base/abi.h"

struct ioapic {
	uint64_t address;
	uint32_t id, gsi_base, pins;
	volatile uint32_t *registers;
};

extern struct ioapic ioapics[];
extern uint32_t ioapic_count;

/*
 * Masks the two 8259s.  Before the local APIC stops listening to them, or what
 * they have pending stays pending (QEMU keeps the request).
 */
void legacy_pic_disable(void);
/* Maps all the firmware names and masks every pin. */
void ioapic_setup(void);

/* The one a GSI belongs to; NULL: none. */
const struct ioapic *ioapic_for_gsi(uint32_t gsi);
void ioapic_set(uint32_t gsi, uint8_t vector, uint8_t apic_id, bool level, bool active_low,
		bool masked);
/* A level interrupt of this pin has been taken and its EOI has not arrived yet. */
bool ioapic_awaits_eoi(uint32_t gsi);
void ioapic_mask(uint32_t gsi, bool masked);
/* A register of the I/O APIC at a machine address; false: there is none there. */
MUST_CHECK
bool ioapic_read_register(uint64_t address, uint32_t index, uint32_t *value);
