/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/emulate_control.c - a guest kernel's MOV CR and DR, CLTS and
 * XSETBV.  Of CR0 it owns TS, of CR4 a few bits; CR2 is a word it shares with
 * us, CR3 its kernel's top table.  The callers have checked that it is a kernel.
 */
#include "xen-like/pv/debug.h"
#include "xen-like/pv/emulate.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/pv/pv.h"

/* CR4: what follows the guest's wish, and what it sees of Enso's own. */
#define CR4_GUEST (CR4_TSD | CR4_DE | CR4_OSXSAVE | CR4_FSGSBASE)
#define CR4_SHOWN (CR4_PAE | CR4_MCE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

static uint64_t guest_cr0(const struct vcpu *vcpu)
{
	return (read_cr0() & ~CR0_TS) | (vcpu->pv.task_switched ? CR0_TS : 0);
}

/* The real flag follows, so that the guest's next x87 or SSE use tells it. */
static void set_task_switched(struct vcpu *vcpu, bool set)
{
	uint64_t cr0 = read_cr0() & ~CR0_TS;

	vcpu->pv.task_switched = set;
	write_cr0(cr0 | (set ? CR0_TS : 0));
}

static uint64_t cr4_allowed(void)
{
	uint64_t allowed = CR4_GUEST;

	if (!cpu_features.fsgsbase)
		allowed &= ~CR4_FSGSBASE;
	if (!cpu_features.xsave)
		allowed &= ~CR4_OSXSAVE;
	return allowed;
}

void vcpu_load_cr4(const struct vcpu *vcpu)
{
	uint64_t now = read_cr4(), wanted = (now & ~CR4_TSD) | (vcpu->pv.cr4 & CR4_TSD);

	if (wanted != now)
		write_cr4(wanted);
}

static bool control_read(const struct vcpu *vcpu, unsigned int number, uint64_t *value)
{
	switch (number) {
	case 0:
		*value = guest_cr0(vcpu);
		return true;
	case 2:
		*value = read_once(vcpu->info->arch.cr2);
		return true;
	case 3:
		*value = xen_pfn_to_cr3(vcpu->pv.kernel_table.n);
		return true;
	case 4:
		*value = (read_cr4() & CR4_SHOWN) | vcpu->pv.cr4;
		return true;
	default:
		return false;
	}
}

static enum emulated write_table(struct vcpu *vcpu, uint64_t value)
{
	struct work_budget budget = WORK_BUDGET;
	int rc = mmu_set_kernel_table(vcpu, mfn(xen_cr3_to_pfn(value)), &budget);

	if (rc == -XEN_ERESTART)
		return EMULATED_AGAIN;
	return rc == 0 ? EMULATED_DONE : EMULATED_REFUSED;
}

static enum emulated control_write(struct vcpu *vcpu, unsigned int number, uint64_t value)
{
	switch (number) {
	case 0:
		if ((value ^ guest_cr0(vcpu)) & ~CR0_TS)
			return EMULATED_REFUSED;
		set_task_switched(vcpu, value & CR0_TS);
		return EMULATED_DONE;
	case 2:
		write_once(vcpu->info->arch.cr2, value);
		return EMULATED_DONE;
	case 3:
		return write_table(vcpu, value);
	case 4:
		/* Wishes beyond what it may have are ignored, as they always were. */
		vcpu->pv.cr4 = value & cr4_allowed();
		vcpu_load_cr4(vcpu);
		return EMULATED_DONE;
	default:
		return EMULATED_REFUSED;
	}
}

/* With CR4.DE the old names of DR6 and DR7 do not exist. */
static bool debug_exists(const struct vcpu *vcpu, unsigned int number)
{
	return number < 8 && !((number == 4 || number == 5) && (vcpu->pv.cr4 & CR4_DE));
}

static enum emulated move_debug(struct vcpu *vcpu, const struct instruction *instruction)
{
	uint64_t *value = decode_register(&vcpu->regs, instruction->rm);

	if (!debug_exists(vcpu, instruction->reg)) {
		bounce_ud(vcpu);
		return EMULATED_BOUNCED;
	}
	if (instruction->operation == OPERATION_READ_DR) {
		*value = vcpu_get_debug(vcpu, instruction->reg);
		return EMULATED_DONE;
	}
	return vcpu_set_debug(vcpu, instruction->reg, *value) == 0 ? EMULATED_DONE
								   : EMULATED_REFUSED;
}

static enum emulated set_extended_state(struct vcpu *vcpu)
{
	const struct regs *regs = &vcpu->regs;
	uint64_t wanted = (regs->rdx << 32) | (uint32_t)regs->rax;

	if (!(vcpu->pv.cr4 & CR4_OSXSAVE)) {
		bounce_ud(vcpu);
		return EMULATED_BOUNCED;
	}
	if ((uint32_t)regs->rcx != 0 || !extended_state_set_xcr0(vcpu, wanted))
		return EMULATED_REFUSED;
	return EMULATED_DONE;
}

enum emulated emulate_control(struct vcpu *vcpu, const struct instruction *instruction)
{
	uint64_t *value = decode_register(&vcpu->regs, instruction->rm);

	switch (instruction->operation) {
	case OPERATION_READ_CR:
		return control_read(vcpu, instruction->reg, value) ? EMULATED_DONE
								   : EMULATED_REFUSED;
	case OPERATION_WRITE_CR:
		return control_write(vcpu, instruction->reg, *value);
	case OPERATION_READ_DR:
	case OPERATION_WRITE_DR:
		return move_debug(vcpu, instruction);
	case OPERATION_CLTS:
		set_task_switched(vcpu, false);
		return EMULATED_DONE;
	case OPERATION_XSETBV:
		return set_extended_state(vcpu);
	default:
		return EMULATED_REFUSED;
	}
}
