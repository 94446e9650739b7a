/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/port_keep.h - ports this machine's Enso uses itself, named while
 * it boots: the console's UART, the ACPI timer.
 */
#pragma once

#include "xen-like/base/abi.h"

/* From now on first..last read all-ones for guests.  False: too many. */
MUST_CHECK bool ports_keep(uint16_t first, uint16_t last);
