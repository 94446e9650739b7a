/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/power.h - the machine's end.
 */
#pragma once

#include "xen-like/base/abi.h"

void machine_reboot(void) __attribute__((noreturn));
void machine_halt(void) __attribute__((noreturn));
/*
 * Writes ACPI's PM1 control registers with values dom0's ACPI gave.  Returns
 * only if the machine did not go to sleep: -XEN_EINVAL for anything but S5.
 */
MUST_CHECK
int machine_sleep(uint32_t pm1a, uint32_t pm1b, uint8_t state);
