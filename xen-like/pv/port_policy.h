/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/port_policy.h - what the hardware domain's IN and OUT may reach.
 * Pure: it only says which rule holds; pv/port_io.c acts.
 */
#pragma once

#include "xen-like/base/abi.h"

/* Ordered: an access that touches several ports gets the strictest rule. */
enum port_rule {
	PORT_PLAIN,	  /* straight to the machine                         */
	PORT_CMOS,	  /* index and data together, under Enso's lock      */
	PORT_PCI_ADDRESS, /* 0xcf8..0xcfb: a dword is latched, the rest plain */
	PORT_PCI_DATA,	  /* 0xcfc..0xcff: configuration space               */
	PORT_TIMER,	  /* PIT and its gate: a model of channel 2          */
	PORT_DENIED,	  /* reads all-ones, drops writes                    */
};

/* Ports first..last that this machine's Enso keeps, on top of the fixed ones. */
struct port_range {
	uint16_t first, last;
};

/* The rule of [port, port + bytes); `bytes` 1, 2 or 4; past 0xffff is denied. */
enum port_rule port_policy_find(const struct port_range *kept, unsigned int count, uint16_t port,
				unsigned int bytes);
