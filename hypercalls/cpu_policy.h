/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/cpu_policy.h - which CPU the host has and which one guests see, as
 * tools read it (cpu_policy.c).
 */
#pragma once

#include "xen-like/base/abi.h"

enum cpu_policy {
	CPU_POLICY_HOST, /* what CPUID says here       */
	CPU_POLICY_PV,	 /* what a PV guest would see  */
};

/* The first `count` (at most CPUID_WORDS) words of features. */
void cpu_features_list(enum cpu_policy policy, uint32_t *words, uint32_t count);
