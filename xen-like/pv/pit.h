/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/pit.h - a model of the PC's interval timer, channel 2, with its
 * gate and speaker bits in port 0x61.  Pure; times are in nanoseconds.
 *
 * A Linux dom0 times its CPU by this channel; real channels are Enso's.  Only
 * mode 0 counts (one shot, output high at the end); others read the same way.
 */
#pragma once

#include "xen-like/base/abi.h"

#define PIT_HZ	      1193182
#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND   0x43
#define PIT_GATE_PORT 0x61

struct pit_channel {
	uint64_t started; /* when `count` began to run down; or ...       */
	uint32_t elapsed; /* ... ticks done when the gate closed          */
	uint32_t count;	  /* 1 .. 0x10000; 0: not loaded                  */
	uint16_t latched;
	uint8_t access;	   /* of the command word: 1 low, 2 high, 3 both   */
	uint8_t write_low; /* first half of a pair                         */
	uint8_t gate;	   /* bits 0, 1 of port 0x61                       */
	bool write_second, read_second, latch_valid;
};

/* Ports 0x40..0x43 and 0x61, one byte.  Other channels read all-ones. */
uint8_t pit_read(struct pit_channel *pit, uint16_t port, uint64_t now);
void pit_write(struct pit_channel *pit, uint16_t port, uint8_t value, uint64_t now);
