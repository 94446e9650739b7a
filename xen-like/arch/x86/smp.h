/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/smp.h - the other CPUs: bringing them up, asking them,
 * stopping them.  Flushes and calls are declared in cpu.h.
 */
#pragma once

#include "xen-like/arch/x86/cpu.h"

/* Starts every CPU the firmware names, up to maxcpus=; returns when they wait in the scheduler. */
void smp_start_others(void);
/* Does what another CPU has asked of this one, if anything. */
void smp_answer(void);
/* The end: other CPUs halt, whatever they do. */
void smp_stop_others(void);

/* cpu.c: stacks, tables and registers of one CPU. */
MUST_CHECK
struct cpu *cpu_create(uint32_t id, uint32_t apic_id, uint32_t acpi_id);
void cpu_init_early(void);    /* boot CPU: enough to take a trap        */
void cpu_init_features(void); /* boot CPU: what there is, into the struct */
void cpu_say_features(void);
void cpu_init_registers(struct cpu *cpu); /* each CPU: its tables, modes, MSRs  */
void cpu_init_stacks(struct cpu *cpu);	  /* boot CPU: guarded stacks            */
