/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/spinlock.h - short critical sections between CPUs.
 *
 * Enso runs with interrupts off, so a lock never meets its own CPU's interrupt
 * handlers.  While a CPU waits it answers other CPUs' requests (TLB flushes)
 * by spin_wait(): a holder may wait for such an answer.
 *
 * Ranks grow inwards: a lock may only be taken while those held have a lower
 * rank (docs/locking.md); debug builds check it in lock_rank_enter().
 */
#pragma once

#include "xen-like/base/atomic.h"

enum lock_rank {
	RANK_DOMAIN = 1,  /* life cycle of one domain */
	RANK_PAGE_TABLES, /* page types of one domain */
	RANK_GRANT,
	RANK_EVENT_LOW, /* two event locks: the domain with the lower id first */
	RANK_EVENT_HIGH,
	RANK_IRQ,
	RANK_PCI,
	RANK_TIME,
	RANK_SCHEDULER,
	RANK_TIMER,
	RANK_HEAP,
	RANK_CONSOLE,
	RANK_LEAF,
};

struct spinlock {
	uint32_t held;
	uint32_t rank;
};

#define SPINLOCK(lock_rank) ((struct spinlock){.held = 0, .rank = (lock_rank)})

/* Called while waiting for another CPU.  The hypervisor: arch/x86/smp.c. */
void spin_wait(void);
/* Debug only: check and record the order.  The hypervisor: arch/x86/smp.c. */
void lock_rank_enter(uint32_t rank);
void lock_rank_leave(uint32_t rank);

static inline void spin_lock(struct spinlock *lock)
{
#ifdef ENSO_DEBUG
	lock_rank_enter(lock->rank);
#endif
	while (exchange(&lock->held, 1u)) {
		while (read_once(lock->held)) {
			cpu_pause();
			spin_wait();
		}
	}
}

static inline void spin_unlock(struct spinlock *lock)
{
	store_release(&lock->held, 0u);
#ifdef ENSO_DEBUG
	lock_rank_leave(lock->rank);
#endif
}
