/* SPDX-License-Identifier: MIT */
/*
 * xen-like/irq_line.h - one source of interrupts: a pin of an I/O APIC or a
 * device's message; shared by irq.c (CPUs, vectors, arrival) and
 * domain/pirq.c (what guests may ask).
 */
#pragma once

#include "xen-like/arch/x86/msi.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/sched/timer.h"

struct domain;

#define IRQ_LINES_MAX 1024
#define IRQ_GSI_MAX   512

enum irq_kind { IRQ_NONE, IRQ_GSI, IRQ_MSI };

/* Everything is guarded by irq_lock. */
struct irq_line {
	enum irq_kind kind;
	bool level, active_low; /* GSI                                      */
	bool configured;	/* the two above were said by dom0          */
	bool enabled;		/* may arrive: an owner listens             */
	bool waiting;		/* level: masked until the guest is done    */
	bool throttled;		/* masked for a while: too many came        */
	bool shared;
	uint8_t vector;	    /* on `cpu`; 0: none yet                    */
	uint8_t old_vector; /* on `old_cpu`: may still arrive; 0: none  */
	uint32_t cpu, old_cpu;
	uint32_t wanted_cpu;	 /* moves there when it arrives next         */
	void (*handler)(void *); /* a driver of Enso's, or ...               */
	void *argument;
	struct domain *mapped; /* ... a domain that may bind it            */
	uint32_t port;	       /* bound event channel; 0: none             */
	struct msi msi;
	uint64_t arrivals;
	uint64_t window_start; /* storms: ns, and arrivals since           */
	uint32_t window_count;
	uint32_t storms;
	struct timer relief;
};

extern struct spinlock irq_lock;
extern struct irq_line irq_lines[IRQ_LINES_MAX]; /* by pirq: GSIs first */

/* Number of GSIs; fills in their lines at first use (boot, one CPU). */
uint32_t irq_gsi_count(void);

/* All below: irq_lock held. */

/* Gives it a vector, on `cpu` if possible.  0 or -XEN_ENOSPC. */
MUST_CHECK
int irq_line_route(struct irq_line *line, uint32_t cpu);
/* Lets it arrive, at the vector it has. */
void irq_line_enable(struct irq_line *line);
void irq_line_disable(struct irq_line *line);
/* The guest is done with a level interrupt. */
void irq_line_resume(struct irq_line *line);
/* Tells the hardware (again) where it goes. */
void irq_line_program(struct irq_line *line);
/* Gives its vectors back. */
void irq_line_release(struct irq_line *line);
/* On its next arrival, or now when it cannot arrive, goes to `cpu`. */
void irq_line_move(struct irq_line *line, uint32_t cpu);
