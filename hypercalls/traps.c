/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/traps.c - how a PV guest says where its handlers are, and how it
 * goes back from them: set_trap_table, callbacks, iret.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/offsets.h"
#include "xen-like/base/bits.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/pv.h"

#include <xen/nmi.h>

#define TRAP_PRIVILEGE	  3u /* in trap_info.flags: lowest ring for INT n */
#define TRAP_MASKS_EVENTS 4u

int64_t hc_set_trap_table(reg_t list)
{
	struct vcpu *vcpu = current_vcpu();
	struct guest_trap *traps = vcpu->pv.traps;

	if (!list) {
		for (unsigned int i = 0; i < ARRAY_SIZE(vcpu->pv.traps); i++)
			traps[i] = (struct guest_trap){.address = 0};
		return 0;
	}
	/* A table names each vector at most once in any sane guest: 256 and the end. */
	for (unsigned int i = 0; i <= ARRAY_SIZE(vcpu->pv.traps); i++) {
		struct trap_info info;

		if (!copy_from_guest(&info, guest_element(guest_va(list), i, sizeof(info)),
				     sizeof(info)))
			return -XEN_EFAULT;
		if (info.address == 0)
			break;
		if (!address_canonical(info.address))
			return -XEN_EINVAL;
		traps[info.vector] = (struct guest_trap){
			.address = info.address,
			.privilege = info.flags & TRAP_PRIVILEGE,
			.mask_events = info.flags & TRAP_MASKS_EVENTS,
		};
	}
	return 0;
}

static struct guest_callback *callback_of(struct vcpu *vcpu, uint16_t type)
{
	switch (type) {
	case CALLBACKTYPE_event:
		return &vcpu->pv.event;
	case CALLBACKTYPE_failsafe:
		return &vcpu->pv.failsafe;
	case CALLBACKTYPE_syscall:
		return &vcpu->pv.syscall;
	case CALLBACKTYPE_syscall32:
		return &vcpu->pv.syscall32;
	case CALLBACKTYPE_sysenter:
		return &vcpu->pv.sysenter;
	case CALLBACKTYPE_nmi:
		return &vcpu->pv.nmi;
	default:
		return NULL;
	}
}

static int64_t callback_register(struct vcpu *vcpu, guest_va_t argument)
{
	struct callback_register request;
	struct guest_callback *callback;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	callback = callback_of(vcpu, request.type);
	if (!callback)
		return -XEN_ENOSYS;
	if (!address_canonical(request.address))
		return -XEN_EINVAL;
	if (request.type == CALLBACKTYPE_nmi) {
		vcpu->pv.traps[TRAP_NMI].address = request.address;
		return 0;
	}
	*callback = (struct guest_callback){
		.address = request.address,
		/* Xen masks events on SYSCALL of 32-bit code, asked to or not. */
		.mask_events = (request.flags & CALLBACKF_mask_events) ||
			       request.type == CALLBACKTYPE_syscall32,
	};
	return 0;
}

static int64_t callback_unregister(struct vcpu *vcpu, guest_va_t argument)
{
	struct callback_unregister request;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	switch (request.type) {
	case CALLBACKTYPE_event:
	case CALLBACKTYPE_failsafe:
	case CALLBACKTYPE_syscall:
	case CALLBACKTYPE_syscall32:
	case CALLBACKTYPE_sysenter:
		return -XEN_EINVAL;
	case CALLBACKTYPE_nmi:
		vcpu->pv.traps[TRAP_NMI].address = 0;
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_callback_op(reg_t command, reg_t argument)
{
	switch ((int)command) {
	case CALLBACKOP_register:
		return callback_register(current_vcpu(), guest_va(argument));
	case CALLBACKOP_unregister:
		return callback_unregister(current_vcpu(), guest_va(argument));
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_set_callbacks(reg_t event, reg_t failsafe, reg_t syscall)
{
	struct vcpu_pv *pv = &current_vcpu()->pv;

	if (!address_canonical(event) || !address_canonical(failsafe) ||
	    !address_canonical(syscall))
		return -XEN_EINVAL;
	pv->event.address = event;
	pv->failsafe.address = failsafe;
	pv->syscall.address = syscall;
	return 0;
}

int64_t hc_nmi_op(reg_t command, reg_t argument)
{
	struct vcpu *vcpu = current_vcpu();
	struct xennmi_callback request;

	switch ((int)command) {
	case XENNMI_register_callback:
		if (!copy_from_guest(&request, guest_va(argument), sizeof(request)))
			return -XEN_EFAULT;
		if (!address_canonical(request.handler_address))
			return -XEN_EINVAL;
		if (vcpu->id != 0)
			return -XEN_EINVAL;
		vcpu->pv.traps[TRAP_NMI].address = request.handler_address;
		return 0;
	case XENNMI_unregister_callback:
		vcpu->pv.traps[TRAP_NMI].address = 0;
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}

/*
 * The way back.  The frame is the guest's to fill: selectors are forced to
 * ring 3, flags to what a guest may have; what is left for the CPU to refuse
 * comes back through the failsafe callback.  arch/x86/entry_quick.S does the same for
 * nearly all of them.
 */
int64_t hc_iret(void)
{
	struct vcpu *vcpu = current_vcpu();
	struct regs *regs = &vcpu->regs;
	/* Not cleared first: all of it is read. */
	struct iret_context frame __attribute__((uninitialized));
	uint64_t flags;

	if (!copy_from_guest(&frame, guest_va(regs->rsp), sizeof(frame))) {
		domain_crash(vcpu->domain, "vCPU %u: iret frame at %#llx cannot be read", vcpu->id,
			     (unsigned long long)regs->rsp);
		return HYPERCALL_NO_RESULT;
	}
	/* Back to user: the ring it asks for says so. */
	if ((frame.cs & 3) == 3 && !vcpu_toggle_mode(vcpu)) {
		domain_crash(vcpu->domain, "vCPU %u: iret to user without user tables", vcpu->id);
		return HYPERCALL_NO_RESULT;
	}
	flags = (frame.rflags & FLAGS_OF_GUEST) | FLAG_IF | FLAG_RESERVED;
	regs->rip = frame.rip;
	regs->cs = (frame.cs & 0xffff) | 3;
	regs->rflags = flags;
	regs->rsp = frame.rsp;
	regs->ss = (frame.ss & 0xffff) | 3;
	regs->rax = frame.rax;
	/* With VGCF_in_syscall the guest does not want them: then SYSRET can take its way. */
	regs->rcx = frame.flags & VGCF_in_syscall ? frame.rip : frame.rcx;
	regs->r11 = frame.flags & VGCF_in_syscall ? flags : frame.r11;
	vcpu->pv.nmi_masked = false;
	write_once(vcpu->info->evtchn_upcall_mask, !(frame.rflags & FLAG_IF));
	return HYPERCALL_NO_RESULT;
}
