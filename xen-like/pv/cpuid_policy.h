/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/cpuid_policy.h - which CPU a paravirtual guest sees.
 *
 * Features are listed if they may be shown, so that what a later CPU brings is
 * hidden until somebody has thought about it.  Pure: the host's leaves come
 * through a function of the caller's.
 */
#pragma once

#include "xen-like/base/abi.h"

struct cpuid_leaf {
	uint32_t a, b, c, d;
};

struct cpuid_context {
	/* What the CPU says; called only for leaves up to its own maximum. */
	void (*host)(uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out);
	bool hardware_domain;
	uint32_t vcpu_id;
	uint64_t xcr0;	   /* the vCPU's; 0: not set yet                   */
	uint64_t xcr0_all; /* what Enso enables; 0: no XSAVE               */
	bool fsgsbase;	   /* Enso has enabled the instructions            */
	bool tsc_constant;
	uint32_t tsc_khz;
	uint32_t tsc_multiplier; /* as in vcpu_time_info                    */
	int8_t tsc_shift;
	uint8_t physical_bits; /* of machine addresses                      */
};

/* The guest's view of one leaf.  Any leaf and subleaf may be asked. */
struct cpuid_leaf cpuid_policy(const struct cpuid_context *context, uint32_t leaf,
			       uint32_t subleaf);
