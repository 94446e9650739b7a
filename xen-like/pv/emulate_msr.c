/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/emulate_msr.c - RDMSR and WRMSR of a guest's kernel: does what
 * msr_policy.c says.  Bases are always the live ones of this CPU.
 */
#include "xen-like/console.h"
#include "xen-like/pv/emulate.h"
#include "xen-like/pv/msr_policy.h"
#include "xen-like/pv/switch.h"

struct segment_bases guest_segment_bases(void)
{
	return (struct segment_bases){.fs = read_msr(MSR_FS_BASE), .gs = guest_gs_base_read()};
}

static struct msr_context context_of(const struct vcpu *vcpu)
{
	return (struct msr_context){
		.hardware_domain = vcpu->domain->hardware,
		.boot_vcpu = vcpu->id == 0,
		.intel = !cpu_features.amd,
		.amd = cpu_features.amd,
		.efer = read_msr(MSR_EFER),
	};
}

/* A kernel without a #GP handler yet could not survive what Linux shrugs off. */
static bool has_handler(const struct vcpu *vcpu)
{
	return vcpu->pv.traps[TRAP_GP].address != 0;
}

/* What Linux reads at each switch of processes; false: it is no base. */
static inline bool read_base(const struct vcpu *vcpu, uint32_t index, uint64_t *value)
{
	switch (msr_base(index)) {
	case MSR_BASE_FS:
		*value = read_msr(MSR_FS_BASE);
		return true;
	case MSR_BASE_GS:
		*value = guest_gs_base_read();
		return true;
	case MSR_BASE_GS_OTHER:
		*value = vcpu->pv.gs_base_user;
		return true;
	default:
		return false;
	}
}

static bool read_other(const struct vcpu *vcpu, uint32_t index, uint64_t *value)
{
	struct msr_context context = context_of(vcpu);

	switch (msr_read_policy(&context, index, value)) {
	case MSR_VALUE:
		return true;
	case MSR_HARDWARE:
		if (!read_msr_safe(index, value))
			return false;
		*value = msr_show(index, *value);
		return true;
	case MSR_TIME_STAMP:
		*value = read_tsc();
		return true;
	case MSR_BASE_FS:
	case MSR_BASE_GS:
	case MSR_BASE_GS_OTHER:
		return read_base(vcpu, index, value);
	case MSR_REFUSE:
	case MSR_DROP:
		break;
	}
	return false;
}

static enum emulated give(struct regs *regs, uint64_t value)
{
	regs->rax = (uint32_t)value;
	regs->rdx = value >> 32;
	return EMULATED_DONE;
}

static NOINLINE enum emulated read_msr_other(struct vcpu *vcpu, uint32_t index)
{
	uint64_t value;

	if (read_other(vcpu, index, &value))
		return give(&vcpu->regs, value);
	log_guest(vcpu->domain, LOG_DEBUG, "vCPU %u: RDMSR %#x at %#llx refused", vcpu->id, index,
		  (unsigned long long)vcpu->regs.rip);
	return has_handler(vcpu) ? EMULATED_REFUSED : give(&vcpu->regs, 0);
}

enum emulated emulate_read_msr(struct vcpu *vcpu)
{
	uint32_t index = (uint32_t)vcpu->regs.rcx;
	uint64_t value;

	return likely(read_base(vcpu, index, &value)) ? give(&vcpu->regs, value)
						      : read_msr_other(vcpu, index);
}

static bool write_value(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
	struct msr_context context = context_of(vcpu);

	switch (msr_write_policy(&context, index, value)) {
	case MSR_DROP:
		return true;
	case MSR_BASE_FS:
		write_msr(MSR_FS_BASE, value);
		return true;
	case MSR_BASE_GS:
		guest_gs_base_write(value);
		return true;
	case MSR_BASE_GS_OTHER:
		vcpu->pv.gs_base_user = value;
		return true;
	case MSR_REFUSE:
	case MSR_VALUE:
	case MSR_HARDWARE:
	case MSR_TIME_STAMP:
		break;
	}
	return false;
}

enum emulated emulate_write_msr(struct vcpu *vcpu)
{
	struct regs *regs = &vcpu->regs;
	uint32_t index = (uint32_t)regs->rcx;
	uint64_t value = (regs->rdx << 32) | (uint32_t)regs->rax;

	if (write_value(vcpu, index, value))
		return EMULATED_DONE;
	log_guest(vcpu->domain, LOG_DEBUG, "vCPU %u: WRMSR %#x = %#llx at %#llx refused", vcpu->id,
		  index, (unsigned long long)value, (unsigned long long)regs->rip);
	return has_handler(vcpu) ? EMULATED_REFUSED : EMULATED_DONE;
}
