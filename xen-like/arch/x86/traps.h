/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/traps.h - the IDT and who handles what comes through it.
 */
#pragma once

#include "xen-like/arch/x86/regs.h"

/* Loads this CPU's IDT register; the table itself is filled on the boot CPU. */
void idt_install(void);
/* Leads all of it to entry_guarded.S. */
void idt_guard(void);
/* Leads page faults and #GP to entry_quick.S. */
void idt_quicken(void);
/* The page it fills. */
const void *idt_page(void);

/* nmi.c: an NMI, on its own stack.  Returns when it was not fatal. */
void nmi_handle(struct regs *regs);
/* nmi.c: what nmi_handle() could not do where it was; for VECTOR_KICK, no locks held. */
void nmi_deliver(void);
