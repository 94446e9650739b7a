/* SPDX-License-Identifier: MIT */
/*
 * tests/host/recount.c - the rules of pages, written a second time.
 *
 * It knows the state word's layout and nothing of the code that changes it:
 * every reference and use is counted again from whatever holds one, every table
 * is held to the rules for its entries, and every queue is walked.
 */
#include <string.h>

#include "tests/host/machine.h"

static struct {
	uint32_t references, uses;
} counted[HOST_FRAMES_LIMIT];

static const char *wrong; /* the first */

#define WRONG(...)                                                                                 \
	do {                                                                                       \
		if (!wrong)                                                                        \
			wrong = host_text(__VA_ARGS__);                                            \
	} while (0)

struct view {
	uint64_t number, state, references, uses;
	unsigned int type;
	bool validated, partial, queued;
	unsigned int owner, progress;
	const uint64_t *words;
};

static struct view view_of(uint64_t number)
{
	const struct frame *frame = (const struct frame *)FRAME_TABLE_START + number;
	uint64_t state = frame->state;

	return (struct view){
		.number = number,
		.state = state,
		.references = state & 0x3ffffff,
		.uses = state >> 26 & 0x3ffffff,
		.type = state >> 52 & 7,
		.validated = state >> 55 & 1,
		.partial = state >> 57 & 1,
		.queued = state >> 61 & 1,
		.owner = frame->owner,
		.progress = frame->progress,
		.words = (const uint64_t *)(DIRECT_MAP_START + number * 4096),
	};
}

static bool is_nobodys(uint64_t state)
{
	return state >> 59 & 3; /* free or reserved */
}

void recount_expect(uint64_t frame, uint64_t references, uint64_t uses)
{
	if (frame >= frame_limit || (view_of(frame).state >> 60 & 1))
		return;
	counted[frame].references += (uint32_t)references;
	counted[frame].uses += (uint32_t)uses;
}

/* What an entry that holds something may look like. */
static void check_entry(const struct view *table, unsigned int level, unsigned int index,
			uint64_t entry)
{
	uint64_t number = (entry & 0x000ffffffffff000ull) >> 12;
	struct view target;

	if (!(entry & 4))
		WRONG("frame %lu, entry %u: without the user bit", table->number, index);
	if (level > 1 && (entry & 0x180))
		WRONG("frame %lu, entry %u: bits 7 or 8 above L1", table->number, index);
	if (level == 1 && (entry & 0x100))
		WRONG("frame %lu, entry %u: global", table->number, index);
	if (number >= frame_limit || (view_of(number).state >> 60 & 1)) {
		if (level > 1)
			WRONG("frame %lu, entry %u: a table that is no RAM", table->number, index);
		return;
	}
	target = view_of(number);
	if (target.state >> 59 & 1)
		WRONG("frame %lu, entry %u: leads to frame %lu, which is free", table->number,
		      index, number);
	if (target.owner == DOMID_XEN && (target.state >> 58 & 1))
		WRONG("frame %lu, entry %u: leads to frame %lu, Enso's own", table->number, index,
		      number);
	if (level > 1 && (target.type != level || !target.validated || target.uses == 0 ||
			  target.owner != table->owner))
		WRONG("frame %lu, entry %u: frame %lu is no L%u of the same domain", table->number,
		      index, number, level - 1);
	if (level == 1 && (entry & 2) && (target.type != 1 || target.uses == 0))
		WRONG("frame %lu, entry %u: writable, frame %lu has type %u", table->number, index,
		      number, target.type);
	recount_expect(number, 1, level > 1 || (entry & 2));
}

static void check_table(const struct view *table)
{
	unsigned int level = table->type - 1;
	unsigned int end = table->partial ? table->progress : 512;

	for (unsigned int i = 0; i < host_index_count; i++) {
		unsigned int index = host_indices ? host_indices[i] : i;
		uint64_t entry = table->words[index];

		if (index >= end || !(entry & 1))
			continue;
		if (level != 4 || index < 256 || index >= 272)
			check_entry(table, level, index, entry);
	}
}

static void check_descriptors(const struct view *page)
{
	for (unsigned int i = 0; i < host_index_count; i++) {
		uint64_t entry = page->words[host_indices ? host_indices[i] : i];
		unsigned int access = entry >> 40 & 0xff;

		if (!(access & 0x80))
			continue;
		if (!(access & 0x10) || (access & 0x60) != 0x60)
			WRONG("frame %lu: descriptor %#lx leads out of ring 3", page->number,
			      entry);
	}
}

static void check_frame(const struct view *frame)
{
	bool table = frame->type >= 2 && frame->type <= 5;

	recount_expect(frame->number, frame->state >> 58 & 1, 0);
	if (frame->state >> 56 & 1)
		recount_expect(frame->number, 1, 1);
	if (frame->partial)
		recount_expect(frame->number, 1, 0);
	if (frame->references == 0)
		WRONG("frame %lu: neither free nor referred to", frame->number);
	if (frame->uses > 0 && frame->type == 0)
		WRONG("frame %lu: uses of no type", frame->number);
	if (frame->validated && (frame->uses == 0 || frame->partial || frame->queued))
		WRONG("frame %lu: validated, yet unused or half done", frame->number);
	if (frame->uses > 0 && frame->type >= 2 && !frame->validated)
		WRONG("frame %lu: in use without having been checked", frame->number);
	if (frame->queued && !frame->partial)
		WRONG("frame %lu: queued, but holds nothing", frame->number);
	if (frame->partial && !table)
		WRONG("frame %lu: half done, but no table", frame->number);
	if (frame->type == 6 && frame->validated)
		check_descriptors(frame);
	if (table && (frame->validated || frame->partial))
		check_table(frame);
}

static void check_queue(const struct domain *domain)
{
	uint64_t queued = 0, walked = 0;

	for (uint64_t i = 0; i < frame_limit; i++)
		if (!is_nobodys(view_of(i).state) && view_of(i).owner == domain->id)
			queued += view_of(i).queued;
	for (uint64_t at = domain->demote_head; at != 0;) {
		if (at >= frame_limit || is_nobodys(view_of(at).state) || !view_of(at).queued ||
		    view_of(at).owner != domain->id || ++walked > queued) {
			WRONG("domain %u: its queue leads to frame %lu", domain->id, at);
			return;
		}
		at = ((const struct frame *)FRAME_TABLE_START + at)->link;
	}
	if (walked != queued)
		WRONG("domain %u: %lu queued, %lu in the queue", domain->id, queued, walked);
}

static void check_leaf_table(const struct domain *domain)
{
	uint64_t number = domain->leaf_table.n;

	if (number == 0)
		return;
	if (view_of(number).type != 2 || !view_of(number).validated ||
	    view_of(number).owner != domain->id)
		WRONG("domain %u: its frame %lu is no L1", domain->id, number);
}

static void count_base(const struct vcpu *vcpu, mfn_t base)
{
	struct view table;

	if (base.n == 0)
		return;
	recount_expect(base.n, 1, 1);
	table = view_of(base.n);
	if (table.type != 5 || !table.validated || table.owner != vcpu->domain->id)
		WRONG("vCPU %u of domain %u: base %lu is no L4", vcpu->id, vcpu->domain->id,
		      base.n);
}

static void count_descriptors(const mfn_t *frames, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (frames[i].n != 0 && frames[i].n != ~0ull)
			recount_expect(frames[i].n, 1, 1);
}

static void count_domain(const struct domain *domain)
{
	uint64_t pages = 0;

	if (domain->shared)
		recount_expect(domain->shared_frame.n, 0, 1);
	for (uint32_t i = 0; i < domain->max_vcpus; i++) {
		const struct vcpu *vcpu = domain->vcpus[i];

		if (!vcpu)
			continue;
		count_base(vcpu, vcpu->pv.kernel_table);
		count_base(vcpu, vcpu->pv.user_table);
		count_descriptors(vcpu->pv.gdt_frames, RESERVED_GDT_FIRST_PAGE);
		count_descriptors(vcpu->pv.ldt_frames, LDT_PAGES);
		if (vcpu->info && vcpu->info_frame.n != 0 && vcpu->info_frame.n != ~0ull)
			recount_expect(vcpu->info_frame.n, 1, 1);
	}
	for (uint64_t i = 0; i < frame_limit; i++)
		pages += !is_nobodys(view_of(i).state) && view_of(i).owner == domain->id &&
			 !(view_of(i).state >> 62 & 1); /* shared by Enso */
	if (pages != domain->pages)
		WRONG("domain %u: has %lu pages, says %lu", domain->id, pages, domain->pages);
	check_queue(domain);
	check_leaf_table(domain);
}

void recount_begin(void)
{
	memset(counted, 0, sizeof(counted[0]) * frame_limit);
	wrong = NULL;
}

const char *recount_end(struct domain *const *domains, unsigned int count)
{
	for (uint64_t i = 0; i < frame_limit; i++) {
		struct view frame = view_of(i);

		if (!is_nobodys(frame.state))
			check_frame(&frame);
	}
	for (unsigned int i = 0; i < count; i++)
		count_domain(domains[i]);
	for (uint64_t i = 0; i < frame_limit; i++) {
		struct view frame = view_of(i);

		if (is_nobodys(frame.state)) {
			if (counted[i].references || counted[i].uses)
				WRONG("frame %lu: free, yet referred to", i);
		} else if (frame.references != counted[i].references ||
			   frame.uses != counted[i].uses) {
			WRONG("frame %lu of domain %u, state %#lx: %lu references for %u, %lu "
			      "uses for %u",
			      i, frame.owner, frame.state, frame.references, counted[i].references,
			      frame.uses, counted[i].uses);
		}
	}
	if (host_ranks_held)
		WRONG("locks of ranks %#lx are still held", host_ranks_held);
	return wrong;
}
