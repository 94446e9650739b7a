/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/context.c - see context.h.
 */
#include "xen-like/domain/context.h"
#include "xen-like/base/string.h"
#include "xen-like/pv/debug.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/segments.h"

static void take_registers(struct vcpu *vcpu, const struct cpu_user_regs *from)
{
	struct regs *to = &vcpu->regs;

	*to = (struct regs){
		.r15 = from->r15,
		.r14 = from->r14,
		.r13 = from->r13,
		.r12 = from->r12,
		.rbp = from->rbp,
		.rbx = from->rbx,
		.r11 = from->r11,
		.r10 = from->r10,
		.r9 = from->r9,
		.r8 = from->r8,
		.rax = from->rax,
		.rcx = from->rcx,
		.rdx = from->rdx,
		.rsi = from->rsi,
		.rdi = from->rdi,
		.rip = from->rip,
		.cs = (from->cs & 0xffff) | 3,
		.rsp = from->rsp,
		.ss = (from->ss & 0xffff) | 3,
	};
	to->rflags = (from->rflags & ~(FLAG_IOPL | FLAG_VM | FLAG_VIF | FLAG_VIP)) | FLAG_IF |
		     FLAG_RESERVED;
	to->rflags &= 0x3fffff;
	vcpu->pv.iopl = (uint8_t)((from->rflags & FLAG_IOPL) >> 12);
	vcpu->pv.ds = from->ds;
	vcpu->pv.es = from->es;
	vcpu->pv.fs = from->fs;
	vcpu->pv.gs = from->gs;
}

static void take_handlers(struct vcpu *vcpu, const vcpu_guest_context_t *context)
{
	struct vcpu_pv *pv = &vcpu->pv;

	for (unsigned int i = 0; i < ARRAY_SIZE(pv->traps); i++)
		pv->traps[i] = (struct guest_trap){
			.address = context->trap_ctxt[i].address,
			.privilege = context->trap_ctxt[i].flags & 3,
			.mask_events = context->trap_ctxt[i].flags & 4,
		};
	pv->event.address = context->event_callback_eip;
	pv->failsafe.address = context->failsafe_callback_eip;
	pv->failsafe.mask_events = context->flags & VGCF_failsafe_disables_events;
	pv->syscall.address = context->syscall_callback_eip;
	pv->syscall.mask_events = context->flags & VGCF_syscall_disables_events;
	pv->kernel_ss = context->kernel_ss | 3;
	pv->kernel_sp = context->kernel_sp;
	pv->fs_base = context->fs_base;
	pv->gs_base_kernel = context->gs_base_kernel;
	pv->gs_base_user = context->gs_base_user;
}

static bool bases_ok(const vcpu_guest_context_t *context)
{
	return address_canonical(context->user_regs.rip) && address_canonical(context->fs_base) &&
	       address_canonical(context->gs_base_kernel) &&
	       address_canonical(context->gs_base_user);
}

static int take_tables(struct vcpu *vcpu, const vcpu_guest_context_t *context,
		       struct work_budget *budget)
{
	int rc = mmu_set_kernel_table(vcpu, mfn(xen_cr3_to_pfn(context->ctrlreg[3])), budget);

	if (rc == 0 && context->ctrlreg[1])
		rc = mmu_set_user_table(vcpu, mfn(xen_cr3_to_pfn(context->ctrlreg[1])), budget);
	return rc;
}

void vcpu_reset_context(struct vcpu *vcpu)
{
	struct domain *domain = vcpu->domain;
	mfn_t info;

	mmu_release_tables(vcpu);
	segments_release(vcpu);
	spin_lock(&domain->lock);
	info = vcpu->info_frame;
	store_release(&vcpu->info,
		      &domain->shared->vcpu_info[MIN(vcpu->id, XEN_LEGACY_MAX_VCPUS - 1)]);
	vcpu->info_frame = INVALID_MFN;
	vcpu->runstate_area = guest_va(0);
	vcpu->time_area = guest_va(0);
	vcpu->initialised = false;
	spin_unlock(&domain->lock);
	if (!mfn_equal(info, INVALID_MFN)) {
		page_writable_put(info);
		frame_put(info);
	}
}

int vcpu_set_context(struct vcpu *vcpu, const vcpu_guest_context_t *context)
{
	struct work_budget budget = WORK_BUDGET;
	int rc;

	if (!bases_ok(context) || context->ldt_ents != 0)
		return -XEN_EINVAL;
	vcpu->pv.kernel_mode = true;
	rc = segments_set_gdt(vcpu, context->gdt_frames, (uint32_t)context->gdt_ents, &budget);
	if (rc == 0)
		rc = take_tables(vcpu, context, &budget);
	/* Not its first, by a tool: the old tables, or the new ones, are whole either way. */
	if (rc != 0 && rc != -XEN_ERESTART && !vcpu->initialised) {
		mmu_release_tables(vcpu);
		segments_release(vcpu);
	}
	if (rc != 0)
		return rc;

	take_registers(vcpu, &context->user_regs);
	take_handlers(vcpu, context);
	vcpu->pv.kernel_mode = context->flags & VGCF_in_kernel;
	if (!vcpu->pv.kernel_mode && vcpu->pv.user_table.n == 0)
		vcpu->pv.kernel_mode = true;
	for (unsigned int i = 0; i < 4; i++)
		(void)!vcpu_set_debug(vcpu, i, context->debugreg[i]);
	(void)!vcpu_set_debug(vcpu, 7, context->debugreg[7]);
	vcpu->initialised = true;
	return 0;
}
