/* SPDX-License-Identifier: MIT */
/*
 * tests/model/state.c - a state of the machine as bytes: kept, put back,
 * hashed, and brought to what it comes to when nothing is half done.
 */
#include <string.h>

#include "tests/model/model.h"
#include "xen-like/console.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/pte.h"

#define EPOCH 100 /* of each domain in a kept state */
#define OLDER 7	  /* any epoch before */

static uint16_t progress_of(const struct frame *frame)
{
	uint64_t state = frame->state;

	if (state & FRAME_FREE)
		return frame->progress;
	if (state & FRAME_PARTIAL)
		return frame->progress;
	/* A stamp counts from the last writable use until the next use. */
	if (frame_type(state) != FRAME_WRITABLE || frame_uses(state) > 0 || frame->owner >= DOMAINS)
		return 0;
	return frame->progress == model_domains[frame->owner].flush_epoch ? EPOCH : OLDER;
}

static void save_frame(struct saved *state, unsigned int i)
{
	const struct frame *frame = frame_of(mfn(i));
	const uint64_t *words = frame_map(mfn(i));
	struct frame *kept = &state->frames[i];

	*kept = *frame;
	if (!(frame->state & FRAME_FREE)) {
		kept->progress = progress_of(frame);
		if (!(frame->state & FRAME_QUEUED))
			kept->link = 0;
	}
	for (unsigned int j = 0; j < INDICES; j++)
		state->entries[i][j] = words[model_indices[j]];
}

static void save_vcpu(struct saved_vcpu *kept, const struct vcpu *vcpu)
{
	kept->kernel_table = (uint8_t)vcpu->pv.kernel_table.n;
	kept->user_table = (uint8_t)vcpu->pv.user_table.n;
	kept->user_mode = !vcpu->pv.kernel_mode;
	kept->gdt_count = (uint8_t)((vcpu->pv.gdt_entries + 511) / 512);
	for (unsigned int i = 0; i < PAGES; i++)
		kept->gdt[i] = (uint8_t)vcpu->pv.gdt_frames[i].n;
}

void state_save(struct saved *state)
{
	memset(state, 0, sizeof(*state));
	for (unsigned int i = 0; i < FRAMES; i++)
		save_frame(state, i);
	for (unsigned int i = 0; i < DOMAINS; i++)
		state->domains[i] = (struct saved_domain){
			.pages = model_domains[i].pages,
			.demote_head = model_domains[i].demote_head,
			.flush_epoch = EPOCH,
			.dirty_cpus = (uint8_t)model_domains[i].dirty_cpus.bits[0],
			.leaf_table = (uint8_t)model_domains[i].leaf_table.n,
		};
	for (unsigned int i = 0; i < HOST_CPUS; i++) {
		memcpy(state->tlb[i], host_tlb[i], FRAMES);
		state->cpu_table[i] = (uint8_t)(host_cpus[i].loaded_cr3 >> PAGE_SHIFT);
		state->cpu_vcpu[i] =
			host_cpus[i].current ? (uint8_t)(host_cpus[i].current - model_vcpus) : 0xff;
	}
	for (unsigned int i = 0; i < VCPUS; i++)
		save_vcpu(&state->vcpus[i], &model_vcpus[i]);
	memcpy(state->held, model_held, FRAMES);
}

static void load_frame(const struct saved *state, unsigned int i)
{
	uint64_t *words = frame_map(mfn(i));

	*frame_of(mfn(i)) = state->frames[i];
	for (unsigned int j = 0; j < INDICES; j++)
		words[model_indices[j]] = state->entries[i][j];
}

static void load_vcpu(const struct saved_vcpu *kept, struct vcpu *vcpu)
{
	vcpu->pv.kernel_table = mfn(kept->kernel_table);
	vcpu->pv.user_table = mfn(kept->user_table);
	vcpu->pv.kernel_mode = !kept->user_mode;
	vcpu->pv.gdt_entries = (uint16_t)(kept->gdt_count * 512);
	for (unsigned int i = 0; i < RESERVED_GDT_FIRST_PAGE; i++)
		vcpu->pv.gdt_frames[i] = i < kept->gdt_count ? mfn(kept->gdt[i]) : INVALID_MFN;
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		vcpu->pv.ldt_frames[i] = INVALID_MFN;
	vcpu->info_frame = INVALID_MFN;
}

void state_load(const struct saved *state)
{
	for (unsigned int i = 0; i < FRAMES; i++)
		load_frame(state, i);
	for (unsigned int i = 0; i < DOMAINS; i++) {
		const struct saved_domain *kept = &state->domains[i];

		model_domains[i].pages = kept->pages;
		model_domains[i].demote_head = kept->demote_head;
		model_domains[i].flush_epoch = kept->flush_epoch;
		model_domains[i].dirty_cpus.bits[0] = kept->dirty_cpus;
		model_domains[i].leaf_table = mfn(kept->leaf_table);
	}
	for (unsigned int i = 0; i < HOST_CPUS; i++) {
		memcpy(host_tlb[i], state->tlb[i], FRAMES);
		host_cpus[i].loaded_cr3 = (uint64_t)state->cpu_table[i] << PAGE_SHIFT;
		host_cpus[i].current =
			state->cpu_vcpu[i] == 0xff ? NULL : &model_vcpus[state->cpu_vcpu[i]];
	}
	for (unsigned int i = 0; i < VCPUS; i++)
		load_vcpu(&state->vcpus[i], &model_vcpus[i]);
	memcpy(model_held, state->held, FRAMES);
}

uint64_t state_hash(const struct saved *state)
{
	uint64_t hash = 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < sizeof(*state) / 8; i++) {
		uint64_t word;

		memcpy(&word, (const char *)state + i * 8, 8);
		hash = (hash ^ word) * 0xff51afd7ed558ccdull;
		hash ^= hash >> 32;
	}
	return hash ? hash : 1;
}

/* Settling ------------------------------------------------------------------------ */

static void settle_domain(struct domain *domain)
{
	struct work_budget budget = {.left = NO_BUDGET};
	struct pages_locked locked = pages_lock(domain);

	for (unsigned int i = 1; i < FRAMES; i++) {
		struct frame *frame = frame_of(mfn(i));

		if ((frame->state & (FRAME_FREE | FRAME_PARTIAL | FRAME_QUEUED)) != FRAME_PARTIAL ||
		    frame->owner != domain->id)
			continue;
		frame->state |= FRAME_QUEUED;
		frame->link = domain->demote_head;
		domain->demote_head = i;
	}
	CHECK(page_type_settle(locked, &budget) == 0);
	pages_unlock(locked);
}

/* What checking makes of an entry, whether or not it has been there. */
static uint64_t entry_seen(uint64_t entry)
{
	if (!(entry & PTE_PRESENT))
		return entry;
	/* Bits 45 and 46: a descriptor's privilege. */
	return (entry | PTE_USER | 3ull << 45) & ~(PTE_GLOBAL | PTE_CACHE);
}

static uint64_t state_seen(uint64_t state)
{
	/* A page without uses may become anything: what it was last is nobody's business. */
	return frame_uses(state) == 0 ? state & ~FRAME_TYPE_MASK : state;
}

void state_settle(struct saved *state)
{
	state_load(state);
	for (unsigned int i = 0; i < DOMAINS; i++)
		settle_domain(&model_domains[i]);
	state_save(state);
	memset(state->tlb, 0, sizeof(state->tlb));
	for (unsigned int i = 0; i < FRAMES; i++) {
		state->frames[i].progress = 0;
		state->frames[i].state = state_seen(state->frames[i].state);
		for (unsigned int j = 0; j < INDICES; j++)
			state->entries[i][j] = entry_seen(state->entries[i][j]);
		/* Enso's slots of what was checked as an L4, to the end or not. */
		state->entries[i][1] = 0;
	}
}

const char *state_difference(const struct saved *a, const struct saved *b)
{
	for (unsigned int i = 0; i < FRAMES; i++) {
		if (memcmp(&a->frames[i], &b->frames[i], sizeof(a->frames[i])) != 0)
			return host_text("frame %u: %#lx, then %#lx", i, a->frames[i].state,
					 b->frames[i].state);
		for (unsigned int j = 0; j < INDICES; j++)
			if (a->entries[i][j] != b->entries[i][j])
				return host_text("frame %u, entry %u: %#lx, then %#lx", i,
						 model_indices[j], a->entries[i][j],
						 b->entries[i][j]);
	}
	if (memcmp(a->domains, b->domains, sizeof(a->domains)) != 0)
		return "a domain's record";
	if (memcmp(a->vcpus, b->vcpus, sizeof(a->vcpus)) != 0)
		return "a vCPU's record";
	return memcmp(a, b, sizeof(*a)) != 0 ? "something else" : NULL;
}
