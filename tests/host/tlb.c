/* SPDX-License-Identifier: MIT */
/*
 * tests/host/tlb.c - what CPUs may remember of page tables.
 *
 * A CPU may walk its tables at any time without being told to, and keep what it
 * found until a flush.  So here it walks them all after each operation and at
 * each flush, and what it may do is the sum since its own last flush.  Flushes
 * of single pages are the guest's to wish for; nothing is safe by them, and
 * they do nothing.
 */
#include <string.h>

#include "tests/host/machine.h"
#include "xen-like/console.h"

#define PRESENT 0x1u
#define WRITE	0x2u

uint8_t host_tlb[HOST_CPUS][HOST_FRAMES_LIMIT];
const uint16_t *host_indices;
unsigned int host_index_count = 512;

static uint8_t walked[HOST_FRAMES_LIMIT]; /* in this fill */

void host_tlb_note(unsigned int cpu, uint64_t frame, unsigned int what)
{
	if (frame < frame_limit)
		host_tlb[cpu][frame] |= (uint8_t)what;
}

static void walk(unsigned int cpu, uint64_t frame, unsigned int level)
{
	const uint64_t *table = (const uint64_t *)(DIRECT_MAP_START + frame * 4096);

	if (frame >= frame_limit || (walked[frame] & TLB_WALK(level)))
		return;
	walked[frame] |= (uint8_t)TLB_WALK(level);
	host_tlb[cpu][frame] |= (uint8_t)TLB_WALK(level);
	for (unsigned int i = 0; i < host_index_count; i++) {
		unsigned int index = host_indices ? host_indices[i] : i;
		uint64_t entry = table[index];

		if (!(entry & PRESENT) || (level == 4 && index >= 256 && index < 272))
			continue;
		entry &= 0x000fffffffffffffull;
		if (level > 1)
			walk(cpu, entry >> 12, level - 1);
		else
			host_tlb_note(cpu, entry >> 12, TLB_READ | (entry & WRITE ? TLB_WRITE : 0));
	}
}

void host_tlb_fill(unsigned int cpu)
{
	uint64_t root = host_cpus[cpu].loaded_cr3 >> 12;

	if (root != 0) {
		memset(walked, 0, frame_limit);
		walk(cpu, root, 4);
	}
	host_tlb_descriptors(cpu);
}

void host_tlb_flush(unsigned int cpu)
{
	const char *wrong;

	/* Others have run until now, with what there was until now. */
	for (unsigned int i = 0; i < HOST_CPUS; i++)
		host_tlb_fill(i);
	wrong = host_tlb_check();
	if (wrong)
		panic("%s", wrong);
	memset(host_tlb[cpu], 0, frame_limit);
	host_tlb_fill(cpu);
}

/* A table that a CPU may walk: every entry still holds what it refers to. */
static bool is_whole_table(uint64_t number, unsigned int level)
{
	const struct frame *frame = frame_of(mfn(number));

	if (frame_type(frame->state) != FRAME_L1 + level - 1)
		return false;
	return (frame->state & FRAME_VALIDATED) ||
	       ((frame->state & FRAME_PARTIAL) && frame->progress == 512);
}

static const char *check_one(unsigned int cpu, uint64_t number)
{
	const struct frame *frame = frame_of(mfn(number));
	uint64_t state = frame->state;
	enum frame_type type = frame_type(state);
	unsigned int knows = host_tlb[cpu][number];
	bool special = type >= FRAME_L1;

	/* Not RAM: who may map it is iomem.c's question. */
	if (state & FRAME_RESERVED)
		return knows & ~(TLB_READ | TLB_WRITE) ? host_text("frame %lu is no RAM", number)
						       : NULL;
	if (state & FRAME_FREE)
		return host_text("CPU %u may still reach frame %lu, which is free", cpu, number);
	if ((knows & TLB_WRITE) && special &&
	    ((state & FRAME_VALIDATED) || ((state & FRAME_PARTIAL) && frame->progress > 0)))
		return host_text("CPU %u may still write to frame %lu, of type %d", cpu, number,
				 type);
	for (unsigned int level = 1; level <= 4; level++)
		if ((knows & TLB_WALK(level)) && !is_whole_table(number, level))
			return host_text("CPU %u may still walk frame %lu as L%u", cpu, number,
					 level);
	if ((knows & TLB_DESCRIPTORS) && !(type == FRAME_DESCRIPTORS && (state & FRAME_VALIDATED)))
		return host_text("CPU %u may still read descriptors from frame %lu", cpu, number);
	return NULL;
}

const char *host_tlb_check(void)
{
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++) {
		for (uint64_t i = 0; i < frame_limit; i++) {
			const char *wrong = host_tlb[cpu][i] ? check_one(cpu, i) : NULL;

			if (wrong)
				return wrong;
		}
	}
	return NULL;
}

/* What the hypervisor calls -------------------------------------------------------- */

void tlb_flush_cpus(const struct cpumask *mask)
{
	for (unsigned int cpu = 0; cpu < HOST_CPUS; cpu++)
		if (mask->bits[0] >> cpu & 1)
			host_tlb_flush(cpu);
}

void tlb_flush_page_cpus(const struct cpumask *mask, uint64_t va)
{
	(void)mask;
	(void)va;
}

uint64_t host_cr3_read(void)
{
	return this_cpu()->loaded_cr3;
}

void host_cr3_write(uint64_t value)
{
	this_cpu()->loaded_cr3 = value;
	host_tlb_flush(this_cpu()->id);
}
