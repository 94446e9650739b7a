/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/format.h - printf's useful part.  Pure.
 *
 * %d %i %u %x %X %o %c %s %p %% with h, l, ll, z, width (also *), precision for
 * strings and the flags - 0 # +; %pS asks format_symbol() for a name.
 */
#pragma once

#include <stdarg.h>

#include "xen-like/base/abi.h"

/* Writes at most size-1 bytes and a NUL; returns the length it would have had. */
size_t format_text(char *to, size_t size, const char *format, va_list arguments);

/* Puts "name+offset/" of a code address; given by who uses the module. */
void format_symbol(char *to, size_t size, uint64_t address);
