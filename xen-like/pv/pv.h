/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/pv.h - guests that know: what a paravirtual vCPU's exits ask for.
 */
#pragma once

#include "xen-like/domain/domain.h"

/* bounce.c: an exception as the guest's kernel sees it. */
struct guest_exception {
	uint8_t vector;
	bool has_error;
	uint32_t error_code;
	uint64_t fault_address; /* #PF only: goes to vcpu_info.arch.cr2 */
};

/* Enters the guest's handler of a vector (crashes the domain when it has none). */
void bounce_vector(struct vcpu *vcpu, uint32_t vector, bool has_error, uint32_t error_code);
static inline void bounce_exception(struct vcpu *vcpu, const struct guest_exception *exception)
{
	if (exception->vector == TRAP_PF)
		write_once(vcpu->info->arch.cr2, exception->fault_address);
	bounce_vector(vcpu, exception->vector, exception->has_error, exception->error_code);
}
static inline void bounce_gp(struct vcpu *vcpu, uint32_t error_code)
{
	bounce_exception(vcpu, &(struct guest_exception){.vector = TRAP_GP,
							 .has_error = true,
							 .error_code = error_code});
}
static inline void bounce_ud(struct vcpu *vcpu)
{
	bounce_exception(vcpu, &(struct guest_exception){.vector = TRAP_UD});
}
/* Enters the event callback if an event is pending and not masked; also NMIs. */
void bounce_events(struct vcpu *vcpu);
/* SYSCALL from guest user mode. */
void bounce_syscall(struct vcpu *vcpu);
/* The same from 32-bit code (AMD). */
void bounce_syscall32(struct vcpu *vcpu);
/* #GP of user code: was it SYSENTER, and does the guest want those?  True: done. */
MUST_CHECK
bool bounce_sysenter(struct vcpu *vcpu);
/* Loading a segment or IRET failed on the way out. */
void bounce_failsafe(struct vcpu *vcpu);

/*
 * switch.c: guest kernel <-> guest user: other page tables, other GS base.
 * False when there is no user table.
 */
MUST_CHECK
bool vcpu_toggle_mode(struct vcpu *vcpu);

/*
 * emulate.c: #GP or #UD of the running vCPU.  What a hypervisor must carry out
 * (CPUID, MSRs, ports, control registers...) is done, and RIP moved on; all else
 * is the guest's exception.
 */
void guest_general_protection(struct vcpu *vcpu, uint32_t error_code);
void guest_invalid_opcode(struct vcpu *vcpu);

/*
 * port_io.c: the guest's IN and OUT of 1, 2 or 4 bytes after the IOPL check.
 * Ports that are denied read all-ones and drop writes.
 */
uint32_t guest_port_read(struct vcpu *vcpu, uint16_t port, unsigned int bytes);
void guest_port_write(struct vcpu *vcpu, uint16_t port, unsigned int bytes, uint32_t value);
/* True when vcpu's mode may use the port (virtual IOPL, io bitmap). */
bool guest_port_privileged(struct vcpu *vcpu, uint16_t port, unsigned int bytes);

/* May `domain` map this frame that is not RAM?  port_io.c / hardware. */
bool iomem_permitted(const struct domain *domain, mfn_t frame);

/* fpu.c */
MUST_CHECK
bool extended_state_alloc(struct vcpu *vcpu);
void extended_state_switch(struct vcpu *to); /* saves the owner's, loads `to`'s */
void extended_state_save(struct vcpu *vcpu); /* if this CPU's registers hold it: to memory */
MUST_CHECK
bool extended_state_set_xcr0(struct vcpu *vcpu, uint64_t xcr0);
