/* SPDX-License-Identifier: MIT */
/*
 * xen-like/irq_line.h - one source of interrupts: a pin of an I/O APIC or a
 * device's message; shared by irq.c (CPUs, vectors, arrival) and
 * domain/pirq.c (what guests may ask).
 */
#pragma once

#include "xen-like/arch/x86/msi.h"
#include "xen-like/base/atomic.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/sched/timer.h"

struct domain;

#define IRQ_LINES_MAX 1024
#define IRQ_GSI_MAX   512

enum irq_kind { IRQ_NONE, IRQ_GSI, IRQ_MSI };

/* Everything is guarded by irq_lock. */
struct irq_line {
	uint8_t kind;		/* enum irq_kind                            */
	bool level, active_low; /* GSI                                      */
	bool configured;	/* the two above were said by dom0          */
	bool enabled;		/* may arrive: an owner listens             */
	bool waiting;		/* level: masked until the guest is done    */
	bool throttled;		/* masked for a while: too many came        */
	bool shared;
	uint8_t vector;	    /* on `cpu`; 0: none yet                    */
	uint8_t old_vector; /* on `old_cpu`: may still arrive; 0: none  */
	uint16_t cpu, old_cpu;
	uint16_t wanted_cpu;	 /* moves there when it arrives next         */
	uint16_t number;	 /* its own                                  */
	uint32_t storms;	 /* in all                                   */
	void (*handler)(void *); /* a driver of Enso's, or ...               */
	void *argument;
	struct domain *mapped; /* ... a domain that may bind it            */
	uint32_t port;	       /* bound event channel; 0: none             */
	uint32_t window_count; /* storms: arrivals since ...               */
	uint64_t window_start; /* ... then, ns                             */
	struct msi msi;
	uint64_t arrivals;
	struct timer relief;
};

/* Lines come by the page, when the first of them is used, and stay. */
#define IRQ_GROUP_LINES 32u
#define IRQ_GROUPS	(IRQ_LINES_MAX / IRQ_GROUP_LINES)
_Static_assert(IRQ_GROUP_LINES * sizeof(struct irq_line) == PAGE_SIZE, "a group is a page");
_Static_assert(MAX_CPUS <= UINT16_MAX && IRQ_LINES_MAX <= UINT16_MAX, "struct irq_line");

extern struct spinlock irq_lock;
extern struct irq_line *irq_groups[IRQ_GROUPS]; /* by pirq: GSIs first */

/* The line of that number, any a guest may say.  NULL: none, or none of its group is used yet. */
static inline struct irq_line *irq_line_find(uint64_t number)
{
	struct irq_line *group;

	if (number >= IRQ_LINES_MAX)
		return NULL;
	number = index_nospec(number, IRQ_LINES_MAX);
	group = load_acquire(&irq_groups[number / IRQ_GROUP_LINES]);
	return group ? &group[number % IRQ_GROUP_LINES] : NULL;
}

/* Number of GSIs; fills in their lines at first use (boot, one CPU). */
uint32_t irq_gsi_count(void);

/* All below: irq_lock held. */

/* The line of that number, with the memory for it.  NULL: there is none, or no memory. */
struct irq_line *irq_line_make(uint64_t number) MUST_CHECK;

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
