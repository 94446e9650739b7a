/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/speculation.h - defences against CPUs that guess: what code
 * says where a wrong guess would follow a guest's pointer or right.
 *
 * Indexes go through index_nospec() (base/atomic.h) after their check, guests'
 * addresses through guest_pointer() (mm/guest_copy.h); where there is
 * no number to mask, a barrier stands behind the check.
 */
#pragma once

#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/speculation_policy.h"

/* Decided at boot, for good. */
extern struct speculation_decision speculation;

/* Boot CPU, after cpu_init_features() and options: decides, and says so in the log. */
void speculation_init(void (*complaint)(const char *why, const char *word));
/* Once it is known where memory ends (bytes). */
void speculation_check_memory(uint64_t end);
/* The alternatives that follow from it. */
uint32_t speculation_alternatives(void);
/* Each CPU as it starts. */
void speculation_init_cpu(void);

#define MSR_SPEC_CTRL	 0x48
#define MSR_PRED_COMMAND 0x49
#define PRED_IBPB	 1u

/* No instruction behind it starts before the checks before it are decided. */
static inline void block_speculation(void)
{
	__asm__ volatile(ALTERNATIVE_IN_TEXT(NO_OP_3_TEXT, ALTERNATIVE_BARRIER, "lfence")
			 :
			 :
			 : "memory");
}

/* A condition whose either way is taken only when it is known. */
static inline bool decided(bool condition)
{
	if (condition) {
		block_speculation();
		return true;
	}
	block_speculation();
	return false;
}
