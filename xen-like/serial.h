/* SPDX-License-Identifier: MIT */
/*
 * xen-like/serial.h - one NS16550 line, polled for output.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/options.h"

/* Sets the line up.  False when no UART answers at its port. */
MUST_CHECK
bool serial_init(const struct serial_setup *setup);
void serial_write(const char *bytes, size_t count);
/* One received byte, or -1. */
int serial_read(void);
/* From when interrupts work: received bytes go to `receive`. */
void serial_enable_interrupt(void (*receive)(void));
/* The first of its eight ports; 0 when there is no line. */
uint16_t serial_port(void);
