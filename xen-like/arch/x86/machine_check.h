/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/machine_check.h - the CPU's reports of broken hardware.
 */
#pragma once

#include "xen-like/arch/x86/machine_check_queue.h"

/* On each CPU as it starts: says what its banks still hold, clears and enables them. */
void machine_check_enable(void);
/* Prints this CPU's banks that hold a report.  In a panic. */
void machine_check_print(void);

/* Once, with all CPUs up: from now on each looks for corrected errors, by option mce_poll. */
void machine_check_start_polling(void);
/* What they have found and dom0 has not acknowledged: machine_check_queue.h. */
uint64_t machine_check_fetch(struct machine_check_report *report);
void machine_check_fetched(uint64_t number);
/* MCG_CAP of this CPU, 0 without machine checks. */
uint64_t machine_check_capabilities(void);
