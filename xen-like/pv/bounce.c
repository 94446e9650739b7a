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
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/pv.h"

#define FRAME_WORDS_MAX 11

/* A frame under construction, lowest address last: words are pushed. */
struct bounce_frame {
	uint64_t words[FRAME_WORDS_MAX];
	unsigned int used; /* from the end of words[] */
};

static void push(struct bounce_frame *frame, uint64_t word)
{
	frame->used++;
	frame->words[FRAME_WORDS_MAX - frame->used] = word;
}

static bool canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static bool events_masked(const struct vcpu *vcpu)
{
	return read_once(vcpu->info->evtchn_upcall_mask) != 0;
}

/* RFLAGS as the guest believes them: its own IF, and no IOPL unless it asked. */
static uint64_t guest_flags(const struct vcpu *vcpu)
{
	uint64_t flags = vcpu->regs.rflags & ~(FLAG_IF | FLAG_IOPL);

	if (!events_masked(vcpu))
		flags |= FLAG_IF;
	if (vcpu->domain->vm_assist & (1ull << VMASST_TYPE_architectural_iopl))
		flags |= (uint64_t)vcpu->pv.iopl << 12;
	return flags;
}

/* SS, RSP, RFLAGS, CS with the event mask, RIP: what every frame ends with. */
static void push_return(struct bounce_frame *frame, const struct vcpu *vcpu)
{
	const struct regs *regs = &vcpu->regs;
	uint64_t cs = regs->cs & 0xffff;

	if (vcpu->pv.kernel_mode)
		cs &= ~3ull;
	push(frame, regs->ss);
	push(frame, regs->rsp);
	push(frame, guest_flags(vcpu));
	push(frame, cs | (uint64_t)events_masked(vcpu) << 32);
	push(frame, regs->rip);
}

/*
 * Puts the frame on the guest kernel's stack and sets registers to enter
 * `handler`.  The frame was built before: it records the mode we leave.
 */
static void enter_handler(struct vcpu *vcpu, const struct bounce_frame *frame,
			  const struct guest_callback *handler)
{
	struct regs *regs = &vcpu->regs;
	uint64_t bytes = frame->used * 8;
	uint64_t stack = vcpu->pv.kernel_mode ? regs->rsp : vcpu->pv.kernel_sp;

	/* One that IRET refuses would bring us here again, for ever. */
	if (!handler->address || !canonical(handler->address)) {
		domain_crash(vcpu->domain, "vCPU %u has no handler to enter at rip %#llx", vcpu->id,
			     (unsigned long long)regs->rip);
		return;
	}
	if (!vcpu->pv.kernel_mode && !vcpu_toggle_mode(vcpu)) {
		domain_crash(vcpu->domain, "vCPU %u has no kernel page table", vcpu->id);
		return;
	}
	stack = (stack & ~15ull) - bytes;
	if (!copy_to_guest(guest_va(stack), &frame->words[FRAME_WORDS_MAX - frame->used], bytes)) {
		domain_crash(vcpu->domain,
			     "vCPU %u: kernel stack %#llx cannot be written (rip %#llx)", vcpu->id,
			     (unsigned long long)stack, (unsigned long long)regs->rip);
		return;
	}

	regs->rip = handler->address;
	regs->cs = SELECTOR_GUEST_CS64;
	regs->ss = SELECTOR_GUEST_SS;
	regs->rsp = stack;
	regs->rflags &= ~(FLAG_AC | FLAG_VM | FLAG_RF | FLAG_NT | FLAG_TF | FLAG_IOPL);
	regs->rflags |= FLAG_IF;
	if (handler->mask_events)
		write_once(vcpu->info->evtchn_upcall_mask, 1);
}

static void bounce_to_trap(struct vcpu *vcpu, const struct guest_exception *exception,
			   const struct guest_callback *handler)
{
	struct bounce_frame frame = {.used = 0};

	push_return(&frame, vcpu);
	if (exception->has_error)
		push(&frame, exception->error_code);
	push(&frame, vcpu->regs.r11);
	push(&frame, vcpu->regs.rcx);
	enter_handler(vcpu, &frame, handler);
}

void bounce_exception(struct vcpu *vcpu, const struct guest_exception *exception)
{
	const struct guest_trap *trap = &vcpu->pv.traps[exception->vector];
	struct guest_callback handler = {.address = trap->address,
					 .mask_events = trap->mask_events};

	if (exception->vector == TRAP_PF)
		write_once(vcpu->info->arch.cr2, exception->fault_address);
	if (!handler.address) {
		domain_crash(
			vcpu->domain,
			"vCPU %u: no handler for exception %u (error %#x, address %#llx) at %#llx",
			vcpu->id, exception->vector, exception->error_code,
			(unsigned long long)exception->fault_address,
			(unsigned long long)vcpu->regs.rip);
		return;
	}
	bounce_to_trap(vcpu, exception, &handler);
}

void bounce_events(struct vcpu *vcpu)
{
	struct guest_exception event = {.has_error = false};
	struct guest_callback handler = vcpu->pv.event;

	if (vcpu->pv.nmi_pending && !vcpu->pv.nmi_masked) {
		vcpu->pv.nmi_pending = false;
		vcpu->pv.nmi_masked = true;
		handler.address = vcpu->pv.traps[TRAP_NMI].address;
		handler.mask_events = true;
		if (handler.address)
			bounce_to_trap(vcpu, &event, &handler);
		return;
	}
	if (!handler.address)
		return;
	handler.mask_events = true;
	bounce_to_trap(vcpu, &event, &handler);
}

/* All three kinds of system call leave the same frame. */
static void enter_system_call(struct vcpu *vcpu, const struct guest_callback *handler)
{
	struct bounce_frame frame = {.used = 0};

	push_return(&frame, vcpu);
	push(&frame, vcpu->regs.r11);
	push(&frame, vcpu->regs.rcx);
	enter_handler(vcpu, &frame, handler);
	vcpu->regs.rflags &= ~FLAG_DF;
}

static void system_call_undefined(struct vcpu *vcpu)
{
	vcpu->regs.rip -= 2;
	bounce_ud(vcpu);
}

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
	struct bounce_frame frame = {.used = 0};
	uint16_t ds, es, fs, gs;

	__asm__ volatile("mov %%ds, %0" : "=r"(ds));
	__asm__ volatile("mov %%es, %0" : "=r"(es));
	__asm__ volatile("mov %%fs, %0" : "=r"(fs));
	__asm__ volatile("mov %%gs, %0" : "=r"(gs));
	push_return(&frame, vcpu);
	push(&frame, vcpu->pv.bad_segments ? vcpu->pv.gs : gs);
	push(&frame, vcpu->pv.bad_segments ? vcpu->pv.fs : fs);
	push(&frame, vcpu->pv.bad_segments ? vcpu->pv.es : es);
	push(&frame, vcpu->pv.bad_segments ? vcpu->pv.ds : ds);
	push(&frame, vcpu->regs.r11);
	push(&frame, vcpu->regs.rcx);
	vcpu->pv.bad_segments = false;
	enter_handler(vcpu, &frame, &vcpu->pv.failsafe);
}
