/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/alternatives.c - see alternatives.h.
 *
 * A row that does not fit its place is a mistake of ours that the first boot
 * of any test finds: every row is checked, not only those applied.
 */
#include "xen-like/arch/x86/alternatives.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"

#define JUMP_LENGTH 5 /* e9, and 32 bits from its end */

/* Offsets are from the word itself, so nothing is relocated. */
struct row {
	int32_t place, to;
	uint8_t place_length, to_length, feature, zero;
};

extern const struct row alternatives_start[], alternatives_end[];
extern char text_start[], text_end[];

static uint8_t *row_place(const struct row *row)
{
	return (uint8_t *)&row->place + row->place;
}

static const uint8_t *row_to(const struct row *row)
{
	return (const uint8_t *)&row->to + row->to;
}

static unsigned int length_needed(const struct row *row)
{
	return row->to_length == ALTERNATIVE_JUMP ? JUMP_LENGTH : row->to_length;
}

static void row_check(const struct row *row)
{
	const uint8_t *place = row_place(row), *to = row_to(row);

	CHECK(row->feature < ALTERNATIVE_COUNT && row->zero == 0);
	CHECK(place >= (uint8_t *)text_start && place + row->place_length <= (uint8_t *)text_end);
	CHECK(row->place_length > 0 && length_needed(row) <= row->place_length);
	if (row->to_length == ALTERNATIVE_JUMP)
		CHECK(to >= (uint8_t *)text_start && to < (uint8_t *)text_end);
	else
		CHECK(to >= (uint8_t *)text_end);
}

/* No-ops of the lengths the CPU manuals recommend: the fewer the better. */
static void fill_no_ops(uint8_t *at, unsigned int length)
{
	static const uint8_t no_ops[][8] = {
		{0x90},
		{0x66, 0x90},
		{0x0f, 0x1f, 0x00},
		{0x0f, 0x1f, 0x40, 0x00},
		{0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
		{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	};

	while (length > 0) {
		unsigned int one = MIN(length, (unsigned int)ARRAY_SIZE(no_ops));

		memcpy(at, no_ops[one - 1], one);
		at += one;
		length -= one;
	}
}

static void row_apply(const struct row *row)
{
	uint8_t *place = row_place(row);
	unsigned int length = length_needed(row);

	if (row->to_length == ALTERNATIVE_JUMP) {
		int32_t distance = (int32_t)(row_to(row) - (place + JUMP_LENGTH));

		place[0] = 0xe9;
		memcpy(place + 1, &distance, sizeof(distance));
	} else {
		memcpy(place, row_to(row), length);
	}
	fill_no_ops(place + length, row->place_length - length);
}

void alternatives_apply(uint32_t features)
{
	unsigned int count = 0, applied = 0;
	uint32_t leaf[4];

	for (const struct row *row = alternatives_start; row < alternatives_end; row++) {
		row_check(row);
		count++;
		if (!(features >> row->feature & 1))
			continue;
		row_apply(row);
		applied++;
	}
	/* A serializing instruction: what was fetched before is forgotten. */
	cpuid(0, 0, leaf);
	log_info("alternatives: %u of %u places in the text changed\n", applied, count);
}
