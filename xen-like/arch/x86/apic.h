/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/apic.h - this CPU's local APIC, by MSRs (x2APIC) or memory.
 */
#pragma once

#include "xen-like/base/abi.h"

/* Boot CPU: decides the mode and maps the registers. */
void apic_setup(void);
/* Each CPU: enables it; everything local is masked. */
void apic_enable_cpu(void);
uint32_t apic_read_id(void);
void apic_eoi(void);

void apic_send(uint32_t apic_id, uint8_t vector);
/* To this CPU, also from an NMI that came in the midst of another message. */
void apic_send_self(uint8_t vector);
void apic_send_nmi(uint32_t apic_id);
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page);

/* The timer, one-shot at VECTOR_TIMER; its clock is divided by 1. */
void apic_timer_start(uint32_t ticks); /* 0 stops it */
void apic_timer_use_deadline(void);    /* from now on by the TSC deadline MSR */
uint32_t apic_timer_left(void);
