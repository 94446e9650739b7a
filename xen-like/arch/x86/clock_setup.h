/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/clock_setup.h - boot: getting the clock to go.
 */
#pragma once

/* Boot CPU, its local APIC enabled: measures TSC and timer.  Under 30 ms. */
void clock_calibrate(void);
/* Reads the date from the battery-backed clock. */
void clock_read_date(void);
/* Each CPU: puts its timer into the mode in use. */
void clock_arm_cpu(void);
