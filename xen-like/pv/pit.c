/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/pit.c - the model of channel 2 (Intel 8254 datasheet, modes and
 * read-back; port 0x61 as the PC/AT wired it).
 */
#include "xen-like/pv/pit.h"
#include "xen-like/base/bits.h"

/* PIT_HZ / 10^9, times 2^32. */
#define TICKS_PER_NS_32	 5124678u

#define GATE_OPEN	 0x01
#define GATE_WRITABLE	 0x03
#define GATE_REFRESH	 0x10 /* toggles with memory refresh, about every 15 us */
#define GATE_OUTPUT	 0x20
#define REFRESH_NS_SHIFT 14

#define ACCESS_LOW	 1
#define ACCESS_HIGH	 2
#define ACCESS_BOTH	 3

static uint64_t ticks_done(const struct pit_channel *pit, uint64_t now)
{
	if (!(pit->gate & GATE_OPEN) || now < pit->started)
		return pit->elapsed;
	return pit->elapsed + scale_32(now - pit->started, TICKS_PER_NS_32);
}

static uint16_t counter(const struct pit_channel *pit, uint64_t now)
{
	return (uint16_t)(pit->count - ticks_done(pit, now));
}

static void command_write(struct pit_channel *pit, uint8_t value, uint64_t now)
{
	uint8_t access = (value >> 4) & 3;

	if (value >> 6 != 2)
		return;
	if (access == 0) {
		if (!pit->latch_valid)
			pit->latched = counter(pit, now);
		pit->latch_valid = true;
		return;
	}
	pit->access = access;
	pit->write_second = pit->read_second = pit->latch_valid = false;
	pit->count = 0;
	pit->elapsed = 0;
	pit->started = now;
}

static void count_load(struct pit_channel *pit, uint16_t value, uint64_t now)
{
	pit->count = value ? value : 0x10000;
	pit->elapsed = 0;
	pit->started = now;
}

static void count_write(struct pit_channel *pit, uint8_t value, uint64_t now)
{
	if (pit->access == ACCESS_LOW) {
		count_load(pit, value, now);
	} else if (pit->access == ACCESS_HIGH) {
		count_load(pit, (uint16_t)(value << 8), now);
	} else if (pit->access == ACCESS_BOTH) {
		if (pit->write_second)
			count_load(pit, (uint16_t)(value << 8 | pit->write_low), now);
		else
			pit->write_low = value;
		pit->write_second = !pit->write_second;
	}
}

static uint8_t count_read(struct pit_channel *pit, uint64_t now)
{
	uint16_t value = pit->latch_valid ? pit->latched : counter(pit, now);
	bool high = pit->access == ACCESS_HIGH || (pit->access == ACCESS_BOTH && pit->read_second);

	if (pit->access == ACCESS_BOTH)
		pit->read_second = !pit->read_second;
	if (pit->access != ACCESS_BOTH || high)
		pit->latch_valid = false;
	return (uint8_t)(high ? value >> 8 : value);
}

static void gate_write(struct pit_channel *pit, uint8_t value, uint64_t now)
{
	bool open = value & GATE_OPEN;

	if (pit->gate & GATE_OPEN && !open)
		pit->elapsed = (uint32_t)ticks_done(pit, now);
	else if (!(pit->gate & GATE_OPEN) && open)
		pit->started = now;
	pit->gate = value & GATE_WRITABLE;
}

static uint8_t gate_read(const struct pit_channel *pit, uint64_t now)
{
	bool done = pit->count && ticks_done(pit, now) >= pit->count;

	return (uint8_t)(pit->gate | (now >> REFRESH_NS_SHIFT & 1 ? GATE_REFRESH : 0) |
			 (done ? GATE_OUTPUT : 0));
}

uint8_t pit_read(struct pit_channel *pit, uint16_t port, uint64_t now)
{
	if (port == PIT_GATE_PORT)
		return gate_read(pit, now);
	if (port == PIT_CHANNEL_2)
		return count_read(pit, now);
	return 0xff;
}

void pit_write(struct pit_channel *pit, uint16_t port, uint8_t value, uint64_t now)
{
	if (port == PIT_GATE_PORT)
		gate_write(pit, value, now);
	else if (port == PIT_COMMAND)
		command_write(pit, value, now);
	else if (port == PIT_CHANNEL_2)
		count_write(pit, value, now);
}
