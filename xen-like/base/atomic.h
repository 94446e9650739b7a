/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/atomic.h - words that more than one CPU, or a guest, can see.
 *
 * Memory shared with a guest is read once, whole, with these; never through a
 * plain pointer, which a compiler may read twice.
 */
#pragma once

#include "xen-like/base/abi.h"

#define read_once(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define write_once(x, value)	__atomic_store_n(&(x), (value), __ATOMIC_RELAXED)
#define load_acquire(p)		__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)

/* True when *p was *seen and is now next; else *seen holds what *p is. */
#define cmpxchg(p, seen, next)                                                                     \
	__atomic_compare_exchange_n((p), (seen), (next), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

#define exchange(p, value) __atomic_exchange_n((p), (value), __ATOMIC_ACQ_REL)
#define fetch_add(p, n)	   __atomic_fetch_add((p), (n), __ATOMIC_ACQ_REL)
#define fetch_sub(p, n)	   __atomic_fetch_sub((p), (n), __ATOMIC_ACQ_REL)
#define fetch_or(p, bits)  __atomic_fetch_or((p), (bits), __ATOMIC_ACQ_REL)
#define fetch_and(p, bits) __atomic_fetch_and((p), (bits), __ATOMIC_ACQ_REL)

/* Orders earlier stores before later loads (the one order x86 does not keep). */
static inline void memory_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void cpu_pause(void)
{
	__builtin_ia32_pause();
}

/*
 * Bounds an index also for a CPU that guesses: 0 when it is out of range.
 * Use after the check that refuses it.
 */
static inline uint64_t index_nospec(uint64_t index, uint64_t size)
{
	uint64_t mask;

	__asm__("cmp %1, %2; sbb %0, %0" : "=r"(mask) : "r"(size), "r"(index) : "cc");
	return index & mask;
}

/* `value` if bit 0 of `flag` is set, else 0, without a branch a CPU could guess. */
static inline uint64_t value_if_nospec(uint64_t value, uint64_t flag)
{
	uint64_t mask;

	__asm__("bt $0, %1; sbb %0, %0" : "=r"(mask) : "r"(flag) : "cc");
	return value & mask;
}
