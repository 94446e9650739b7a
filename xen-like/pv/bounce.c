/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/bounce.c - how a guest's kernel is entered: exceptions, events,
 * system calls and the failsafe callback each leave a frame on its stack and
 * go on at a handler it named.  Shapes: Xen's public ABI for 64-bit PV guests.
 *
 * A guest whose stack cannot take the frame has broken itself beyond help:
 * its domain is crashed, as there is no double-fault road.
 */
#include "xen-like/arch/x86/layout.h"
#include "xen-like/arch/x86/offsets.h"
#include "xen-like/base/bits.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/pv.h"

static void stack_unusable(struct vcpu *vcpu, uint64_t stack)
{
	domain_crash(vcpu->domain, "vCPU %u: kernel stack %#llx cannot be written (rip %#llx)",
		     vcpu->id, (unsigned long long)stack, (unsigned long long)vcpu->regs.rip);
}

/* What the guest's handler is, and what lies in its frame between R11 and RIP. */
struct entrance {
	uint64_t handler;
	bool mask_events;
	uint32_t error_code;
	uint64_t gap; /* bytes: for an error code (it is put there), or selectors */
};

/*
 * Leaves a frame on the guest kernel's stack, which is loaded, and sets
 * registers to go on at the handler.  In the frame RFLAGS are as the guest
 * believes them: its own IF, and no IOPL unless it asked; CS says also whether
 * events were masked.  Where the frame lies; 0: the domain has been crashed.
 */
static inline __attribute__((always_inline)) uint64_t lay_frame(struct vcpu *vcpu,
								struct entrance to, bool from_user)
{
	struct regs *regs = &vcpu->regs;
	vcpu_info_t *info = vcpu->info;
	uint64_t masked = read_once(info->evtchn_upcall_mask) != 0;
	uint64_t flags = (regs->rflags & ~(FLAG_IF | FLAG_IOPL)) | (masked ^ 1) << 9;
	uint64_t stack = from_user ? vcpu->pv.kernel_sp : regs->rsp;
	uint64_t cs = (regs->cs & (from_user ? 0xffff : 0xfffc)) | masked << 32;
	uint64_t bytes = GUEST_FRAME_BYTES + to.gap;

	if (vcpu->domain->vm_assist & (1ull << VMASST_TYPE_architectural_iopl))
		flags |= (uint64_t)vcpu->pv.iopl << 12;
	/* One that IRET refuses would bring us here again, for ever. */
	if (unlikely(!to.handler || !address_canonical(to.handler))) {
		domain_crash(vcpu->domain, "vCPU %u has no handler to enter at rip %#llx", vcpu->id,
			     (unsigned long long)regs->rip);
		return 0;
	}
	stack = (stack & ~15ull) - bytes;
	if (unlikely(!guest_push_frame(guest_pointer(guest_va(stack), bytes), regs, cs, flags,
				       to.gap, to.error_code))) {
		stack_unusable(vcpu, stack);
		return 0;
	}

	regs->rip = to.handler;
	regs->cs = SELECTOR_GUEST_CS64;
	regs->ss = SELECTOR_GUEST_SS;
	regs->rsp = stack;
	regs->rflags &= ~(uint64_t)FLAGS_NOT_ENTERED;
	regs->rflags |= FLAG_IF;
	if (to.mask_events)
		write_once(info->evtchn_upcall_mask, 1);
	return stack;
}

static NOINLINE uint64_t enter_from_user(struct vcpu *vcpu, struct entrance to)
{
	if (unlikely(!vcpu_toggle_mode(vcpu))) {
		domain_crash(vcpu->domain, "vCPU %u has no kernel page table", vcpu->id);
		return 0;
	}
	return lay_frame(vcpu, to, true);
}

static inline uint64_t enter(struct vcpu *vcpu, struct entrance to)
{
	return vcpu->pv.kernel_mode ? lay_frame(vcpu, to, false) : enter_from_user(vcpu, to);
}

void bounce_vector(struct vcpu *vcpu, uint32_t vector, bool has_error, uint32_t error_code)
{
	const struct guest_trap *trap = &vcpu->pv.traps[vector];

	if (unlikely(!trap->address)) {
		domain_crash(
			vcpu->domain,
			"vCPU %u: no handler for exception %u (error %#x, address %#llx) at %#llx",
			vcpu->id, vector, error_code,
			vector == TRAP_PF ? (unsigned long long)vcpu->info->arch.cr2 : 0,
			(unsigned long long)vcpu->regs.rip);
		return;
	}
	enter(vcpu, (struct entrance){.handler = trap->address,
				      .mask_events = trap->mask_events,
				      .error_code = error_code,
				      .gap = has_error ? sizeof(uint64_t) : 0});
}

void bounce_events(struct vcpu *vcpu)
{
	uint64_t handler = vcpu->pv.event.address;

	if (unlikely(vcpu->pv.nmi_pending && !vcpu->pv.nmi_masked)) {
		vcpu->pv.nmi_pending = false;
		vcpu->pv.nmi_masked = true;
		handler = vcpu->pv.traps[TRAP_NMI].address;
	}
	if (handler)
		enter(vcpu, (struct entrance){.handler = handler, .mask_events = true});
}

/* All three kinds of system call leave the same frame. */
static void enter_system_call(struct vcpu *vcpu, const struct guest_callback *handler)
{
	enter(vcpu,
	      (struct entrance){.handler = handler->address, .mask_events = handler->mask_events});
	vcpu->regs.rflags &= ~FLAG_DF;
}

static void system_call_undefined(struct vcpu *vcpu)
{
	vcpu->regs.rip -= 2;
	bounce_ud(vcpu);
}

/* Those that arch/x86/entry_quick.S leaves to us. */
void bounce_syscall(struct vcpu *vcpu)
{
	if (vcpu->pv.syscall.address)
		enter_system_call(vcpu, &vcpu->pv.syscall);
	else
		system_call_undefined(vcpu);
}

void bounce_syscall32(struct vcpu *vcpu)
{
	if (vcpu->pv.syscall32.address && !vcpu->pv.kernel_mode)
		enter_system_call(vcpu, &vcpu->pv.syscall32);
	else
		system_call_undefined(vcpu);
}

bool bounce_sysenter(struct vcpu *vcpu)
{
	uint8_t opcode[2];

	if (!vcpu->pv.sysenter.address || vcpu->pv.kernel_mode)
		return false;
	if (!copy_from_guest(opcode, guest_va(vcpu->regs.rip), sizeof(opcode)) ||
	    opcode[0] != 0x0f || opcode[1] != 0x34)
		return false;
	vcpu->regs.rip += sizeof(opcode);
	enter_system_call(vcpu, &vcpu->pv.sysenter);
	return true;
}

void bounce_failsafe(struct vcpu *vcpu)
{
	uint16_t ds = vcpu->pv.ds, es = vcpu->pv.es, fs = vcpu->pv.fs, gs = vcpu->pv.gs;
	uint64_t frame, selectors[4];

	if (!vcpu->pv.bad_segments) {
		__asm__ volatile("mov %%ds, %0" : "=r"(ds));
		__asm__ volatile("mov %%es, %0" : "=r"(es));
		__asm__ volatile("mov %%fs, %0" : "=r"(fs));
		__asm__ volatile("mov %%gs, %0" : "=r"(gs));
	}
	vcpu->pv.bad_segments = false;
	selectors[0] = ds;
	selectors[1] = es;
	selectors[2] = fs;
	selectors[3] = gs;
	frame = enter(vcpu, (struct entrance){.handler = vcpu->pv.failsafe.address,
					      .mask_events = vcpu->pv.failsafe.mask_events,
					      .gap = sizeof(selectors)});
	/* RCX, R11, then these. */
	if (frame && !copy_to_guest(guest_va(frame + 16), selectors, sizeof(selectors)))
		stack_unusable(vcpu, frame);
}
