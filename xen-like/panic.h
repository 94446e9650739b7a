/* SPDX-License-Identifier: MIT */
/*
 * xen-like/panic.h - how Enso ends: what it knows is printed whatever the log
 * levels are, then it stops or reboots (option noreboot).  panic() and CHECK(),
 * for everybody, are in console.h.
 */
#pragma once

#include "xen-like/arch/x86/regs.h"
#include "xen-like/base/abi.h"

/*
 * From here on every line is printed, without locks: they may be held by what
 * was interrupted.  Does not return when a panic is under way already.
 */
void panic_begin(void);

/* The rest of it, after panic_begin(): the reason, `regs`, who called whom there. */
void panic_end(const struct regs *regs, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Prints registers and the code symbol they were at. */
void regs_print(const struct regs *regs);
