/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/clock.h - time: nanoseconds since Enso started, the TSC
 * they come from, the date, and the one-shot interrupt behind all timers.
 */
#pragma once

#include "xen-like/base/abi.h"

/* How to turn a TSC delta into ns, in pvclock's own form. */
struct clock_scale {
	uint64_t tsc_base; /* TSC value at ... */
	uint64_t ns_base;  /* ... this time    */
	uint32_t multiplier;
	int8_t shift;
};

extern struct clock_scale clock_scale;
extern uint32_t clock_tsc_khz;

/* Nanoseconds since Enso started; never goes back on one CPU. */
uint64_t clock_now(void);
/* The time that TSC value `tsc` stands for. */
uint64_t clock_from_tsc(uint64_t tsc);

/* Date: ns since 1970 at clock_now() == 0.  Set by dom0; read from the RTC at boot. */
uint64_t clock_wall_base(void);
void clock_wall_set(uint64_t ns_since_1970_at_zero);

/*
 * Arms this CPU's one-shot interrupt for `deadline` (clock_now() time; at once
 * when past; ~0 for never).  It raises WORK_TIMER.
 */
void clock_arm(uint64_t deadline);
