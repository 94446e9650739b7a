/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/traps.h - the IDT and who handles what comes through it.
 */
#pragma once

#include "xen-like/arch/x86/regs.h"

/* Loads this CPU's IDT register; the table itself is filled on the boot CPU. */
void idt_install(void);

/* nmi.c: an NMI, on its own stack.  Returns when it was not fatal. */
void nmi_handle(struct regs *regs);
/* nmi.c: what nmi_handle() could not do where it was; for VECTOR_KICK, no locks held. */
void nmi_deliver(void);

/* Set once the CPU's SMAP is on; entry.S and guest_copy.S look at it. */
extern uint8_t smap_active;

/* Prints registers, code symbols and a backtrace (console.c's panic uses it). */
void regs_print(const struct regs *regs);
