/* SPDX-License-Identifier: MIT */
/*
 * xen-like/serial.h - one NS16550 line, polled for output.
 */
#pragma once

#include "xen-like/base/abi.h"

/*
 * Sets the line up by an option's text, "baud[,format[,port[,irq]]]" (empty:
 * as the firmware left it).  False when no UART answers at the port.
 */
MUST_CHECK
bool serial_init(const char *text, uint16_t port, uint8_t irq);
void serial_write(const char *bytes, size_t count);
/* One received byte, or -1. */
int serial_read(void);
/* From when interrupts work: received bytes go to `receive`. */
void serial_enable_interrupt(void (*receive)(void));
/* The first of its eight ports; 0 when there is no line. */
uint16_t serial_port(void);
