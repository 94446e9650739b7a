/* SPDX-License-Identifier: MIT */
/*
 * xen-like/boot_finish.h - the last step of the boot, in code that stays.
 */
#pragma once

/*
 * Gives what only the boot needed to the heap - enso.lds.S says what that is - starts
 * dom0, and lets this CPU run guests.  Its caller is among what goes.
 */
void boot_finish(void) __attribute__((noreturn));
