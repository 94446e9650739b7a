// needs: xen-like/pv/pit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_pit.c - the model of the PIT's channel 2, used as Linux uses
 * it: load, open the gate, watch it run down, see the output rise.
 */
#include <stdio.h>

#include "xen-like/pv/pit.h"

static int failures;

static void check(const char *name, bool good, const char *reason)
{
	if (good) {
		printf("PASS pit_%s\n", name);
	} else {
		printf("FAIL pit_%s: %s\n", name, reason);
		failures++;
	}
}

/* When the counter has done `ticks`, plus half a tick. */
static uint64_t at(uint64_t start, uint64_t ticks)
{
	return start + (ticks * 2 + 1) * 500000000ull / PIT_HZ;
}

static uint16_t read_both(struct pit_channel *pit, uint64_t now)
{
	uint8_t low = pit_read(pit, PIT_CHANNEL_2, now);

	return (uint16_t)(pit_read(pit, PIT_CHANNEL_2, now) << 8 | low);
}

static struct pit_channel loaded(uint16_t count, uint64_t now)
{
	struct pit_channel pit = {0};

	pit_write(&pit, PIT_GATE_PORT, 0x01, now);
	pit_write(&pit, PIT_COMMAND, 0xb0, now);
	pit_write(&pit, PIT_CHANNEL_2, (uint8_t)count, now);
	pit_write(&pit, PIT_CHANNEL_2, (uint8_t)(count >> 8), now);
	return pit;
}

static void test_counts_down(void)
{
	struct pit_channel pit = loaded(0xffff, 1000);

	check("counts_first", read_both(&pit, at(1000, 0)) == 0xffff, "not full");
	check("counts_half", read_both(&pit, at(1000, 0x8000)) == 0x7fff, "not half");
	check("counts_wraps", read_both(&pit, at(1000, 0x10000)) == 0xffff, "does not wrap");
	check("far_future", (pit_read(&pit, PIT_GATE_PORT, ~0ull) & 0x20) != 0, "output low");
}

static void test_output(void)
{
	struct pit_channel pit = loaded(1000, 0);

	check("output_low", !(pit_read(&pit, PIT_GATE_PORT, at(0, 998)) & 0x20), "high too early");
	check("output_high", pit_read(&pit, PIT_GATE_PORT, at(0, 1001)) & 0x20, "still low");
}

/* Reading the high byte over and over, as quick_pit_calibrate() does. */
static void test_linux_loop(void)
{
	struct pit_channel pit = loaded(0xffff, 0);
	unsigned int reads[4] = {0};
	uint64_t now = 0;

	for (unsigned int step = 0; step < 4; step++) {
		for (;;) {
			now += 2000;
			(void)pit_read(&pit, PIT_CHANNEL_2, now);
			if (pit_read(&pit, PIT_CHANNEL_2, now) != 0xff - step)
				break;
			reads[step]++;
		}
	}
	/* 256 ticks are 214.5 us: about 107 rounds of 2 us. */
	for (unsigned int step = 0; step < 4; step++)
		check("linux_loop", reads[step] > 100 && reads[step] < 110, "wrong pace");
}

static void test_latch(void)
{
	struct pit_channel pit = loaded(5000, 0);

	pit_write(&pit, PIT_COMMAND, 0x80, at(0, 1000));
	check("latch_keeps", read_both(&pit, at(0, 3000)) == 4000, "not the latched value");
	check("latch_ends", read_both(&pit, at(0, 3000)) == 2000, "still latched");
}

static void test_gate(void)
{
	struct pit_channel pit = loaded(5000, 0);

	pit_write(&pit, PIT_GATE_PORT, 0x00, at(0, 1000));
	check("gate_closed", read_both(&pit, at(0, 2500)) == 4000, "runs with its gate closed");
	pit_write(&pit, PIT_GATE_PORT, 0x01, 10000000);
	check("gate_again", read_both(&pit, at(10000000, 1000)) == 3000, "did not go on");
	check("gate_reads_back", (pit_read(&pit, PIT_GATE_PORT, 0) & 3) == 1, "wrong bits");
}

static void test_others(void)
{
	struct pit_channel pit = {0};

	check("channel_0", pit_read(&pit, 0x40, 0) == 0xff, "not all-ones");
	check("command_reads", pit_read(&pit, PIT_COMMAND, 0) == 0xff, "not all-ones");
	pit_write(&pit, 0x40, 0x12, 0);
	pit_write(&pit, PIT_COMMAND, 0x34, 0);
	check("channel_0_ignored", pit.access == 0 && pit.count == 0, "changed channel 2");
	check("output_unloaded", !(pit_read(&pit, PIT_GATE_PORT, ~0ull) & 0x20), "output is high");
	pit_write(&pit, PIT_COMMAND, 0x90, 0);
	pit_write(&pit, PIT_CHANNEL_2, 0, 0);
	check("zero_is_most", pit.count == 0x10000, "count 0 is not 65536");
}

int main(void)
{
	test_counts_down();
	test_output();
	test_linux_loop();
	test_latch();
	test_gate();
	test_others();
	return failures != 0;
}
