/* SPDX-License-Identifier: MIT */
/*
 * tests/model/ops.c - the operations, made through the handlers where there are
 * some, and which of them are worth doing.
 */
#include <string.h>

#include "hypercalls/dispatch.h"
#include "tests/model/model.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/pv/foreign.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/segments.h"

static int64_t do_update(const struct op *op, uint32_t foreign, unsigned int command)
{
	struct mmu_update update = {
		.ptr = (uint64_t)op->frame << PAGE_SHIFT | op->index * 8u | command,
		.val = (uint64_t)op->other << PAGE_SHIFT | op->value,
	};

	update.ptr = (uint64_t)op->frame << PAGE_SHIFT | model_indices[op->index] * 8u | command;
	memcpy(model_guest, &update, sizeof(update));
	return hc_mmu_update(GUEST_VA, 1, 0, foreign);
}

static int64_t do_ext(unsigned int command, unsigned int frame, unsigned int source, uint32_t whose)
{
	struct mmuext_op ext = {.cmd = command};

	ext.arg1.mfn = frame;
	ext.arg2.src_mfn = source;
	memcpy(model_guest, &ext, sizeof(ext));
	return hc_mmuext_op(GUEST_VA, 1, 0, whose);
}

static int64_t do_gdt(const struct op *op)
{
	struct work_budget budget = {.left = op->budget};
	uint64_t frames[PAGES] = {op->frame, op->other};

	return segments_set_gdt(current_vcpu(), frames, (uint32_t)op->value * 512, &budget);
}

static int64_t do_reservation(unsigned int command, uint64_t frame)
{
	struct xen_memory_reservation request = {.nr_extents = 1, .domid = DOMID_SELF};

	request.extent_start.p = (void *)(GUEST_VA + 256);
	memcpy(model_guest, &request, sizeof(request));
	memcpy(model_guest + 256, &frame, sizeof(frame));
	return hc_memory_op(command, GUEST_VA) == 1 ? 0 : -XEN_EINVAL;
}

static int64_t do_exchange(uint64_t frame)
{
	struct xen_memory_exchange request = {
		.in = {.nr_extents = 1, .domid = DOMID_SELF},
		.out = {.nr_extents = 1, .domid = DOMID_SELF},
	};

	request.in.extent_start.p = (void *)(GUEST_VA + 256);
	request.out.extent_start.p = (void *)(GUEST_VA + 264);
	memcpy(model_guest, &request, sizeof(request));
	memcpy(model_guest + 256, &frame, sizeof(frame));
	memset(model_guest + 264, 0, 8);
	return hc_memory_op(XENMEM_exchange, GUEST_VA);
}

/* The caller's page tables, as grant_port_space_lock() gives them. */
static struct grant_space space_lock(void)
{
	return (struct grant_space){.holder = pages_lock(current_domain()).domain, .region = ~0ull};
}

/* The grant layer's part of a map: it holds the page first, for itself and for the entry. */
static int64_t do_grant(const struct op *op)
{
	mfn_t page = mfn(op->other);
	struct grant_space space;
	int status;

	if (page_writable_take(page, GUEST, 2) != 0)
		return -XEN_EINVAL;
	space = space_lock();
	status = pv_grant_map_pte(&space, maddr((uint64_t)op->frame << PAGE_SHIFT), page, true, 0);
	pages_unlock(space_pages(&space));
	if (status != GNTST_okay) {
		page_writable_release(page, 2);
		return -XEN_EINVAL;
	}
	model_held[op->other]++;
	return 0;
}

static int64_t do_revoke(const struct op *op)
{
	mfn_t page = mfn(op->other);
	struct grant_space space = space_lock();
	bool writable;
	int status = pv_grant_unmap_pte(&space, maddr((uint64_t)op->frame << PAGE_SHIFT), page,
					&writable);

	/* As grant-tables/map.c: forgotten by all CPUs, then let go, with the grant's own hold. */
	if (status == GNTST_okay)
		domain_flush_tlb(space_pages(&space));
	pages_unlock(space_pages(&space));
	if (status != GNTST_okay)
		return -XEN_EINVAL;
	if (!writable)
		frame_put(page);
	model_held[op->other]--;
	page_writable_release(page, writable ? 2 : 1);
	return 0;
}

/* As domain_destroy.c does them, in any order. */
static int64_t do_end(const struct op *op)
{
	struct work_budget budget = {.left = op->budget};
	struct pages_locked locked;
	int64_t rc = 0;

	if (op->kind == OP_RELEASE) {
		mmu_release_tables(&model_vcpus[op->index]);
		segments_release(&model_vcpus[op->index]);
		return 0;
	}
	if (op->kind != OP_SETTLE && !frame_get(mfn(op->frame), GUEST))
		return -XEN_EINVAL;
	locked = pages_lock(&model_domains[GUEST]);
	if (op->kind == OP_SETTLE)
		rc = page_type_settle(locked, &budget);
	else if (op->kind == OP_LET_GO)
		page_type_let_go(locked, mfn(op->frame));
	pages_unlock(locked);
	if (op->kind == OP_GIVE_UP)
		frame_give_up(mfn(op->frame));
	if (op->kind != OP_SETTLE)
		frame_put(mfn(op->frame));
	return rc;
}

static int64_t do_other(const struct op *op)
{
	switch (op->kind) {
	case OP_TOGGLE:
		model_vcpu_toggle(op->vcpu);
		return 0;
	case OP_RUN:
		model_cpu_runs(op->index, op->vcpu);
		return 0;
	case OP_GDT:
		return do_gdt(op);
	case OP_DESCRIPTOR:
		return segments_update_descriptor(
			current_domain(),
			maddr((uint64_t)op->frame << PAGE_SHIFT | model_indices[op->index] * 8u),
			op->value);
	case OP_GIVE_BACK:
		return do_reservation(XENMEM_decrease_reservation, op->frame);
	case OP_TAKE:
		return do_reservation(XENMEM_increase_reservation, 0);
	case OP_EXCHANGE:
		return do_exchange(op->frame);
	case OP_GRANT:
		return do_grant(op);
	case OP_REVOKE:
		return do_revoke(op);
	default:
		return do_end(op);
	}
}

static int cpu_of(unsigned int vcpu)
{
	for (int i = 0; i < HOST_CPUS; i++)
		if (host_cpus[i].current == &model_vcpus[vcpu])
			return i;
	return -1;
}

int64_t op_do(const struct op *op)
{
	uint64_t value = (uint64_t)op->other << PAGE_SHIFT | op->value;

	host_work_budget = op->budget;
	if (op->kind != OP_RUN)
		host_cpu_become((unsigned int)cpu_of(op->vcpu));
	switch (op->kind) {
	case OP_PIN:
		return do_ext(MMUEXT_PIN_L1_TABLE + (unsigned int)op->value - 1, op->frame, 0,
			      DOMID_SELF);
	case OP_PIN_OF:
		return do_ext(MMUEXT_PIN_L1_TABLE + (unsigned int)op->value - 1, op->frame, 0,
			      GUEST);
	case OP_UNPIN:
		return do_ext(MMUEXT_UNPIN_TABLE, op->frame, 0, DOMID_SELF);
	case OP_UPDATE:
		return do_update(op, DOMID_SELF, MMU_NORMAL_PT_UPDATE);
	case OP_UPDATE_KEEP:
		return do_update(op, DOMID_SELF, MMU_PT_UPDATE_PRESERVE_AD);
	case OP_FOREIGN:
		return do_update(op, GUEST, MMU_NORMAL_PT_UPDATE);
	case OP_UPDATE_OF:
		return do_update(op, (GUEST + 1) << 16 | GUEST, MMU_NORMAL_PT_UPDATE);
	case OP_KERNEL_BASE:
		return do_ext(MMUEXT_NEW_BASEPTR, op->frame, 0, DOMID_SELF);
	case OP_USER_BASE:
		return do_ext(MMUEXT_NEW_USER_BASEPTR, op->frame, 0, DOMID_SELF);
	case OP_CLEAR:
		return do_ext(MMUEXT_CLEAR_PAGE, op->frame, 0, DOMID_SELF);
	case OP_COPY:
		return do_ext(MMUEXT_COPY_PAGE, op->frame, op->other, DOMID_SELF);
	case OP_VA:
		return hc_update_va_mapping(0, value, 0);
	default:
		return do_other(op);
	}
}

/* Telling ------------------------------------------------------------------------- */

void op_print(FILE *to, const struct op *op, int64_t result)
{
	static const char *const names[OP_KINDS] = {
		"pin",		"unpin",	  "update",
		"update-keep",	"update-foreign", "update-of-guest",
		"pin-of-guest", "kernel-base",	  "user-base",
		"va-mapping",	"toggle",	  "run",
		"gdt",		"descriptor",	  "give-back",
		"take",		"exchange",	  "clear",
		"copy",		"grant-map",	  "grant-unmap",
		"release",	"let-go",	  "settle",
		"give-up"};

	fprintf(to, "  vCPU %u: %s frame %u", op->vcpu, names[op->kind], op->frame);
	if (op->kind == OP_RUN)
		fprintf(to, " on CPU %u", op->index);
	else
		fprintf(to, " entry %u, frame %u, value %#lx", model_indices[op->index], op->other,
			op->value);
	if (op->budget != NO_BUDGET)
		fprintf(to, ", budget %u", op->budget);
	fprintf(to, " = %ld\n", result);
}

/* What was promised -------------------------------------------------------------------- */

#define ENTRY_COUNTS 0x800ffffffffff003ull /* frame, present, writable, no execute */

static const char *check_entry(const struct op *op, uint64_t wanted)
{
	uint64_t entry;

	if (op->frame >= FRAMES)
		return "an entry that is nowhere was written";
	entry = ((const uint64_t *)frame_map(mfn(op->frame)))[model_indices[op->index]];
	if ((entry ^ wanted) & (wanted & 1 ? ENTRY_COUNTS : ~0ull))
		return host_text("entry %#lx for %#lx", entry, wanted);
	return NULL;
}

/* Nothing new comes to a page its owner has given up, or to a domain that is dying. */
static const char *check_not_anew(const struct op *op, const struct saved *before)
{
	bool dying = model_domains[GUEST].state == DOMAIN_DYING;

	if ((op->kind == OP_UPDATE || op->kind == OP_FOREIGN || op->kind == OP_UPDATE_OF) &&
	    (op->value & 1) && op->other > 0 && op->frame < FRAMES &&
	    (frame_of(mfn(op->frame))->state & FRAME_VALIDATED) && op->other < FRAMES &&
	    !(before->frames[op->other].state & FRAME_ALLOCATED))
		return "a page that was given up is mapped anew";
	for (unsigned int i = 1; dying && i < FRAMES; i++)
		if (before->frames[i].owner == GUEST &&
		    !(before->frames[i].state & (FRAME_VALIDATED | FRAME_FREE)) &&
		    frame_of(mfn(i))->owner == GUEST && (frame_of(mfn(i))->state & FRAME_VALIDATED))
			return host_text("frame %u of the dying is a table anew", i);
	for (unsigned int i = 1; dying && i < FRAMES; i++)
		if (before->frames[i].owner == GUEST && frame_of(mfn(i))->owner == GUEST &&
		    (frame_of(mfn(i))->state & ~before->frames[i].state & FRAME_PINNED))
			return host_text("frame %u of the dying is pinned anew", i);
	return NULL;
}

const char *op_check_done(const struct op *op, const struct saved *before)
{
	uint64_t state = op->frame < FRAMES ? frame_of(mfn(op->frame))->state : 0;
	const struct vcpu *vcpu = &model_vcpus[op->vcpu];

	if (check_not_anew(op, before))
		return check_not_anew(op, before);
	switch (op->kind) {
	case OP_LET_GO:
		return (state & FRAME_PINNED) ||
				       (state & (FRAME_PARTIAL | FRAME_QUEUED)) == FRAME_PARTIAL
			       ? "let go, but still held"
			       : NULL;
	case OP_PIN:
		return (state & FRAME_PINNED) && (state & FRAME_VALIDATED) &&
				       frame_type(state) == FRAME_L1 + op->value - 1
			       ? NULL
			       : "pinned, but not as that";
	case OP_UNPIN:
		return state & FRAME_PINNED ? "unpinned, but still pinned" : NULL;
	case OP_KERNEL_BASE:
		return vcpu->pv.kernel_table.n == op->frame ? NULL : "another kernel base";
	case OP_USER_BASE:
		return vcpu->pv.user_table.n == op->frame ? NULL : "another user base";
	case OP_UPDATE:
	case OP_FOREIGN:
	case OP_UPDATE_OF:
		return check_entry(op, (uint64_t)op->other << PAGE_SHIFT | op->value);
	case OP_GIVE_BACK:
		return state & FRAME_FREE ? NULL : "given back, but not free";
	default:
		return NULL;
	}
}

/* What makes sense ------------------------------------------------------------------ */

/* Nothing has ever happened to it, or it was all undone: such pages differ by name only. */
static bool is_untouched(const struct saved *state, unsigned int frame)
{
	const struct frame *record = &state->frames[frame];

	if (record->state != FRAME_FREE && record->state != (FRAME_ALLOCATED | 1))
		return false;
	for (unsigned int i = 0; i < INDICES; i++)
		if (state->entries[frame][i])
			return false;
	return record->progress == 0 && !state->tlb[0][frame] && !state->tlb[1][frame] &&
	       !state->held[frame];
}

static bool alike(const struct saved *state, unsigned int a, unsigned int b)
{
	return state->frames[a].state == state->frames[b].state &&
	       ((state->frames[a].state & FRAME_FREE) ||
		state->frames[a].owner == state->frames[b].owner);
}

/* Of pages that are alike only the first, and the next when that is named already. */
static bool is_first_choice(const struct saved *state, unsigned int frame, unsigned int named)
{
	if (frame == 0 || frame >= FRAMES || frame == named || !is_untouched(state, frame))
		return true;
	for (unsigned int i = 1; i < frame; i++)
		if (i != named && is_untouched(state, i) && alike(state, i, frame))
			return false;
	return true;
}

static bool can_run(const struct saved *state, const struct op *op)
{
	for (unsigned int i = 0; i < HOST_CPUS; i++)
		if (state->cpu_vcpu[i] == op->vcpu)
			return false;
	return state->vcpus[op->vcpu].kernel_table != 0;
}

bool op_makes_sense(const struct op *op, const struct saved *state)
{
	const struct saved_vcpu *vcpu = &state->vcpus[op->vcpu];

	if (op->kind == OP_RUN)
		return can_run(state, op);
	if (state->cpu_vcpu[0] != op->vcpu && state->cpu_vcpu[1] != op->vcpu)
		return false;
	if (op->kind == OP_TOGGLE)
		return vcpu->user_mode || vcpu->user_table != 0;
	if (vcpu->user_mode)
		return false;
	if (op->kind == OP_REVOKE && !state->held[op->other])
		return false;
	return is_first_choice(state, op->frame, 0) && is_first_choice(state, op->other, op->frame);
}
