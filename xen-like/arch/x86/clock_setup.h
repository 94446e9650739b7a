/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/clock_setup.h - boot: getting the clock to go.
 */
#pragma once

#include "xen-like/base/abi.h"

struct clock_rates {
	uint64_t tsc_hz, apic_hz; /* the local APIC's timer's clock */
	const char *by;		  /* whose word it is               */
};

/* Boot CPU, the local APIC's timer running.  False: nothing to measure by. */
MUST_CHECK
bool clock_measure(struct clock_rates *rates);

/* Boot CPU, its local APIC enabled: measures TSC and timer.  Under 30 ms. */
void clock_calibrate(void);
/* Reads the date from the battery-backed clock. */
void clock_read_date(void);
/* Each CPU: puts its timer into the mode in use. */
void clock_arm_cpu(void);
