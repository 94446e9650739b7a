/* SPDX-License-Identifier: MIT */
/*
 * tests/host/machine.h - a small machine on the host, on which the hypervisor's
 * own files run unchanged: RAM with frame records, CPUs found through GS, TLBs.
 *
 * The RAM, the frame table and the m2p lie at fixed addresses (machine.mk gives
 * them to layout.h).  What a CPU refuses to an ordinary program (CR3, INVLPG...)
 * is carried out by privileged.c.
 *
 * TLBs are the worst that a CPU may have: each holds everything its tables have
 * led to since its last flush (tlb.c).
 */
#pragma once

#include "xen-like/domain/domain.h"

#define HOST_CPUS 2

extern struct cpu host_cpus[HOST_CPUS];

/* Frames 0 .. frames-1, all RESERVED and zero; the rest of the address space is nothing. */
void host_machine_create(uint64_t frames);
/* Keeps RAM and records as they are now; _restore puts them back. */
void host_machine_keep(void);
void host_machine_restore(void);
/*
 * From here on the program is CPU `id`: this_cpu() and current_vcpu() say so in
 * functions that are called after this (compilers keep this_cpu() within one).
 */
void host_cpu_become(unsigned int id);
void host_privileged_install(void);

/* The test's: told before the end when Enso's code has broken a promise. */
void host_died(const char *text);

/* Locks held now, by rank; 0 between operations. */
extern uint64_t host_ranks_held;

/* privileged.c's reading of CR3: the frame the CPU's tables begin at. */
uint64_t host_cr3_read(void);
void host_cr3_write(uint64_t value);

/* TLBs -------------------------------------------------------------------- */

/* What a CPU knows about a frame. */
#define TLB_READ	  0x01u
#define TLB_WRITE	  0x02u
#define TLB_DESCRIPTORS	  0x04u
#define TLB_WALK(level)	  (0x08u << (level)) /* walked through as a table of 1..4 */
#define HOST_FRAMES_LIMIT 2048

extern uint8_t host_tlb[HOST_CPUS][HOST_FRAMES_LIMIT];
/* The entries a table may have (NULL: all); tests that use few are faster. */
extern const uint16_t *host_indices;
extern unsigned int host_index_count;

/* All that the CPU's tables lead to now. */
void host_tlb_fill(unsigned int cpu);
void host_tlb_flush(unsigned int cpu);
/* NULL, or what some CPU may do that it must not. */
const char *host_tlb_check(void);
/* Frames the CPU reads descriptors from; the test's: calls tlb_note for each. */
void host_tlb_descriptors(unsigned int cpu);
void host_tlb_note(unsigned int cpu, uint64_t frame, unsigned int what);

/* Recounting (recount.c) --------------------------------------------------- */

/* Says that somebody holds so many references and uses; between begin and end. */
void recount_expect(uint64_t frame, uint64_t references, uint64_t uses);
void recount_begin(void);
/* NULL, or the first thing in the machine that does not add up. */
const char *recount_end(struct domain *const *domains, unsigned int count);

/* A sentence in a static buffer. */
const char *host_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
