/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/context_get.c - a vCPU's state written down as the ABI's
 * vcpu_guest_context, for tools that look at a domain or save it.
 */
#include "xen-like/base/string.h"
#include "xen-like/domain/context.h"

#define XSTATE_BV 512 /* in the saved area: which states were not as after reset */
#define STATE_X87 1ull
#define STATE_SSE 2ull
/* The legacy area: x87's control and registers, MXCSR between them, XMM. */
#define X87_CONTROL	  0
#define X87_CONTROL_BYTES 24
#define X87_REGISTERS	  32
#define XMM_REGISTERS	  160
#define XMM_END		  416
#define CONTROL_WORD	  0x37f

/* A state as after reset is not always written by the CPU: what is there is old. */
static void put_legacy_area(const struct vcpu *vcpu, void *to)
{
	const uint8_t *area = vcpu->extended_state;
	uint64_t written = STATE_X87 | STATE_SSE;
	uint8_t *out = to;

	memcpy(out, area, sizeof(((vcpu_guest_context_t *)to)->fpu_ctxt));
	if (cpu_features.xsave)
		memcpy(&written, area + XSTATE_BV, sizeof(written));
	if (!(written & STATE_X87)) {
		memset(out + X87_CONTROL, 0, X87_CONTROL_BYTES);
		memset(out + X87_REGISTERS, 0, XMM_REGISTERS - X87_REGISTERS);
		*(uint16_t *)out = CONTROL_WORD;
	}
	if (!(written & STATE_SSE))
		memset(out + XMM_REGISTERS, 0, XMM_END - XMM_REGISTERS);
}

static void put_registers(const struct vcpu *vcpu, struct cpu_user_regs *to)
{
	const struct regs *from = &vcpu->regs;

	*to = (struct cpu_user_regs){
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
		.cs = (uint16_t)from->cs,
		.rflags = (from->rflags & ~FLAG_IOPL) | (uint64_t)vcpu->pv.iopl << 12,
		.rsp = from->rsp,
		.ss = (uint16_t)from->ss,
		.ds = vcpu->pv.ds,
		.es = vcpu->pv.es,
		.fs = vcpu->pv.fs,
		.gs = vcpu->pv.gs,
		.saved_upcall_mask = read_once(vcpu->info->evtchn_upcall_mask) != 0,
	};
}

static void put_handlers(const struct vcpu *vcpu, vcpu_guest_context_t *context)
{
	const struct vcpu_pv *pv = &vcpu->pv;

	for (unsigned int i = 0; i < ARRAY_SIZE(pv->traps); i++) {
		if (!pv->traps[i].address)
			continue;
		context->trap_ctxt[i] = (struct trap_info){
			.vector = (uint8_t)i,
			.flags = (uint8_t)(pv->traps[i].privilege |
					   (pv->traps[i].mask_events ? 4 : 0)),
			.cs = FLAT_KERNEL_CS,
			.address = pv->traps[i].address,
		};
	}
	context->event_callback_eip = pv->event.address;
	context->failsafe_callback_eip = pv->failsafe.address;
	context->syscall_callback_eip = pv->syscall.address;
	context->kernel_ss = pv->kernel_ss;
	context->kernel_sp = pv->kernel_sp;
	context->fs_base = pv->fs_base;
	context->gs_base_kernel = pv->gs_base_kernel;
	context->gs_base_user = pv->gs_base_user;
}

static void put_tables(const struct vcpu *vcpu, vcpu_guest_context_t *context)
{
	const struct vcpu_pv *pv = &vcpu->pv;

	for (unsigned int i = 0; i < ARRAY_SIZE(pv->gdt_frames); i++)
		if (!mfn_equal(pv->gdt_frames[i], INVALID_MFN))
			context->gdt_frames[i] = pv->gdt_frames[i].n;
	context->gdt_ents = pv->gdt_entries;
	context->ldt_base = pv->ldt_base;
	context->ldt_ents = pv->ldt_entries;
	context->ctrlreg[0] = (read_cr0() & ~CR0_TS) | (pv->task_switched ? CR0_TS : 0);
	if (pv->user_table.n)
		context->ctrlreg[1] = xen_pfn_to_cr3(pv->user_table.n);
	context->ctrlreg[3] = xen_pfn_to_cr3(pv->kernel_table.n);
	context->ctrlreg[4] = pv->cr4;
	for (unsigned int i = 0; i < ARRAY_SIZE(pv->debug); i++)
		context->debugreg[i] = pv->debug[i];
}

static uint64_t flags_of(const struct vcpu *vcpu)
{
	return VGCF_i387_valid | (vcpu->pv.kernel_mode ? VGCF_in_kernel : 0) |
	       (vcpu->pv.failsafe.mask_events ? VGCF_failsafe_disables_events : 0) |
	       (vcpu->pv.syscall.mask_events ? VGCF_syscall_disables_events : 0) |
	       (read_once(vcpu->down) ? 0 : VGCF_online);
}

void vcpu_get_context(const struct vcpu *vcpu, vcpu_guest_context_t *context)
{
	memset(context, 0, sizeof(*context));
	put_legacy_area(vcpu, &context->fpu_ctxt);
	context->flags = flags_of(vcpu);
	put_registers(vcpu, &context->user_regs);
	put_handlers(vcpu, context);
	put_tables(vcpu, context);
	context->vm_assist = vcpu->domain->vm_assist;
}
