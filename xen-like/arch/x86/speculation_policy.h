/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/speculation_policy.h - which defences against speculative
 * execution a machine gets: what its CPUs are and say of themselves, what the
 * boot options ask, and what follows.  Pure.
 */
#pragma once

#include "xen-like/base/abi.h"

enum cpu_vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD }; /* Hygon counts as AMD */

/* What CPUID and one MSR say. */
struct speculation_cpu {
	enum cpu_vendor vendor;
	uint32_t family, model;
	uint32_t leaf_7_edx, leaf_80000008_ebx, leaf_80000021_eax;
	uint64_t arch_capabilities;	       /* 0 when there is no such MSR */
	bool lfence_serializes, smep, threads; /* threads: cores have several */
	uint8_t physical_bits;
};

/* CPUID 7.0 EDX */
#define LEAF_7_MD_CLEAR		 (1u << 10)
#define LEAF_7_IBRS_IBPB	 (1u << 26)
#define LEAF_7_STIBP		 (1u << 27)
#define LEAF_7_ARCH_CAPABILITIES (1u << 29)
/* CPUID 80000008 EBX (AMD) */
#define LEAF_8_IBPB	   (1u << 12)
#define LEAF_8_STIBP	   (1u << 15)
#define LEAF_8_BTC_NO	   (1u << 29)
#define LEAF_8_IBPB_RETURN (1u << 30)
/* CPUID 80000021 EAX (AMD) */
#define LEAF_21_LFENCE_SERIALIZES (1u << 2)
#define LEAF_21_AUTOMATIC_IBRS	  (1u << 8)
#define LEAF_21_IBPB_BRANCH_TYPE  (1u << 28)
#define LEAF_21_SRSO_NO		  (1u << 29)
#define LEAF_21_SRSO_KERNEL_NO	  (1u << 30)
/* IA32_ARCH_CAPABILITIES (Intel) */
#define CAPABILITY_RDCL_NO	  (1ull << 0)
#define CAPABILITY_IBRS_ALL	  (1ull << 1)
#define CAPABILITY_RSB_ALTERNATE  (1ull << 2)
#define CAPABILITY_MDS_NO	  (1ull << 5)
#define CAPABILITY_TAA_NO	  (1ull << 8)
#define CAPABILITY_MMIO_NO	  (7ull << 13)
#define CAPABILITY_FB_CLEAR	  (1ull << 17)
#define CAPABILITY_RSB_RESTRICTED (1ull << 19)
#define CAPABILITY_RFDS_CLEAR	  (1ull << 28)

/* SPEC_CTRL */
#define SPEC_CTRL_IBRS	1u
#define SPEC_CTRL_STIBP 2u

enum choice { CHOICE_AUTO, CHOICE_NO, CHOICE_YES };
enum thunk { THUNK_AUTO, THUNK_RETPOLINE, THUNK_LFENCE, THUNK_JUMP };

struct speculation_options {
	enum thunk thunk;
	enum choice xpti, l1tf_control, l1tf_others; /* l1tf: dom0's entries, other guests' */
	enum choice ibrs, ibpb, ibpb_entry, rsb, md_clear, branch_harden;
};

struct speculation_decision {
	enum thunk thunk;
	/* The CPU has the flaw. */
	bool meltdown, l1tf, mds;
	/* Guests run on tables without Enso's memory. */
	bool xpti;
	/* LFENCE behind checks that guard pointers, and on entry. */
	bool barrier;
	/* SPEC_CTRL while Enso runs and while guests do; EFER's automatic IBRS. */
	uint32_t spec_ctrl_own, spec_ctrl_guest;
	bool automatic_ibrs;
	/* On entry from a guest. */
	bool ibpb_entry, rsb_entry;
	/* Between two vCPUs. */
	bool ibpb_switch;
	/* On the way out to a guest. */
	bool verw_exit;
	/* Entries of guests that are not present must point above l1tf_limit. */
	bool l1tf_control, l1tf_others;
	uint64_t l1tf_limit; /* bytes */
	/* Wanted, and the CPU (its microcode) has no means for it. */
	bool lacks_ibrs, lacks_ibpb, lacks_md_clear;
	/* What a neighbour thread may see is not kept from it. */
	bool threads_leak;
};

/*
 * Fills `options` from the texts of spec-ctrl=, xpti= and pv-l1tf= ("" when not
 * given).  complaint(why, word) is called for each word that means nothing here.
 */
void speculation_options_parse(struct speculation_options *options, const char *spec_ctrl,
			       const char *xpti, const char *pv_l1tf,
			       void (*complaint)(const char *why, const char *word));

struct speculation_decision speculation_decide(const struct speculation_cpu *cpu,
					       const struct speculation_options *options);

/* True when traps and ways out need more than a CPU without flaws does: entry_guarded.S. */
bool speculation_guards_entry(const struct speculation_decision *decision);
