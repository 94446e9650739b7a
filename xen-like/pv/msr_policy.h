/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/msr_policy.h - what RDMSR and WRMSR of a paravirtual guest mean:
 * one table (msr_policy.def), everything not in it is #GP(0).
 *
 * Pure: says what is to be done; emulate_msr.c does it.
 */
#pragma once

#include "xen-like/base/abi.h"

enum msr_action {
	MSR_REFUSE,	  /* #GP(0)                                         */
	MSR_VALUE,	  /* read: *value is the answer                     */
	MSR_HARDWARE,	  /* read: what the CPU says, changed by msr_show() */
	MSR_TIME_STAMP,	  /* read: the TSC                                  */
	MSR_DROP,	  /* write: taken, and nothing happens              */
	MSR_BASE_FS,	  /* read or write the running vCPU's base ...      */
	MSR_BASE_GS,	  /* ... the active one                             */
	MSR_BASE_GS_OTHER /* ... the one SWAPGS would bring                 */
};

struct msr_context {
	bool hardware_domain;
	bool boot_vcpu;	 /* vCPU 0                     */
	bool intel, amd; /* AMD or Hygon               */
	uint64_t efer;	 /* this CPU's                 */
};

#define MSR_BASES_FIRST 0xc0000100u /* FS_BASE, GS_BASE, KERNEL_GS_BASE */

/* Of a base, which is read without further questions; MSR_REFUSE: of another MSR. */
static inline enum msr_action msr_base(uint32_t index)
{
	uint32_t number = index - MSR_BASES_FIRST;

	return number < 3 ? (enum msr_action)(MSR_BASE_FS + number) : MSR_REFUSE;
}

enum msr_action msr_read_policy(const struct msr_context *context, uint32_t index,
				uint64_t *value) MUST_CHECK;
enum msr_action msr_write_policy(const struct msr_context *context, uint32_t index,
				 uint64_t value) MUST_CHECK;

/* For MSR_HARDWARE: what a guest sees of the CPU's value. */
uint64_t msr_show(uint32_t index, uint64_t value);
