/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/emulate.c - #GP and #UD of a paravirtual guest that stand for
 * something it may do: which instruction it is, whether its mode may have it,
 * and what comes after.  The deeds are in emulate_*.c, the rules in
 * msr_policy.c, cpuid_policy.c and port_policy.c.
 */
#include "xen-like/pv/emulate.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/pv/cpuid_policy.h"
#include "xen-like/pv/pv.h"

#define ERROR_FROM_IDT	2u /* in #GP's error code: an INT n was refused */
#define DR6_SINGLE_STEP (1ull << 14)
#define ACCESS_CODE_64	(1u << 21) /* the L bit, as LAR shows it */

/* Reads what can be read of the instruction at RIP; how many bytes. */
static size_t fetch(const struct vcpu *vcpu, uint8_t *bytes, size_t wanted)
{
	uint64_t rip = vcpu->regs.rip;
	size_t on_page = PAGE_SIZE - (rip & ~PAGE_MASK);

	if (copy_from_guest(bytes, guest_va(rip), wanted))
		return wanted;
	if (on_page < wanted && copy_from_guest(bytes, guest_va(rip), on_page))
		return on_page;
	return 0;
}

static bool runs_64bit_code(const struct vcpu *vcpu)
{
	uint32_t access = 0;

	/* An unreadable selector leaves zero; it cannot be the one that runs. */
	__asm__ volatile("lar %1, %0" : "+r"(access) : "r"((uint32_t)vcpu->regs.cs) : "cc");
	return access & ACCESS_CODE_64;
}

/* 32-bit code shares the simple encodings; REX and memory operands differ. */
static bool means_the_same_in_32bit_code(const struct instruction *instruction)
{
	return !instruction->rex && !instruction->memory &&
	       instruction->operation != OPERATION_INS && instruction->operation != OPERATION_OUTS;
}

static bool decode_at_rip(const struct vcpu *vcpu, struct instruction *instruction)
{
	uint8_t bytes[INSTRUCTION_BYTES_MAX];
	size_t count = fetch(vcpu, bytes, sizeof(bytes));

	if (!decode_instruction(bytes, count, instruction))
		return false;
	return runs_64bit_code(vcpu) || means_the_same_in_32bit_code(instruction);
}

/* CPUID -------------------------------------------------------------------- */

static void host_cpuid(uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out)
{
	uint32_t words[4];

	cpuid(leaf, subleaf, words);
	*out = (struct cpuid_leaf){words[0], words[1], words[2], words[3]};
}

static NOINLINE struct cpuid_leaf cpuid_ask(const struct vcpu *vcpu, uint32_t leaf,
					    uint32_t subleaf)
{
	const struct cpuid_context context = {
		.host = host_cpuid,
		.hardware_domain = vcpu->domain->hardware,
		.vcpu_id = vcpu->id,
		.xcr0 = vcpu->xcr0,
		.xcr0_all = cpu_features.xsave ? cpu_features.xcr0 : 0,
		.fsgsbase = cpu_features.fsgsbase,
		.tsc_constant = cpu_features.tsc_constant,
		.tsc_khz = clock_tsc_khz,
		.tsc_multiplier = clock_scale.multiplier,
		.tsc_shift = clock_scale.shift,
		.physical_bits = cpu_features.physical_bits,
	};
	struct cpuid_leaf value = cpuid_policy(&context, leaf, subleaf);

	cpuid_limits_apply(&vcpu->domain->cpuid_limits, leaf, subleaf, &value);
	return value;
}

/*
 * The CPU is asked once: CPUID serialises, and under another hypervisor each is
 * an exit.
 */
static void emulate_cpuid(struct vcpu *vcpu)
{
	struct regs *regs = &vcpu->regs;
	uint32_t leaf = (uint32_t)regs->rax, subleaf = (uint32_t)regs->rcx;
	struct cpuid_answer *answer = &vcpu->pv.cpuid[(leaf ^ subleaf) % CPUID_ANSWERS];

	if (unlikely(!answer->known || answer->leaf != leaf || answer->subleaf != subleaf ||
		     answer->xcr0 != vcpu->xcr0))
		*answer = (struct cpuid_answer){.leaf = leaf,
						.subleaf = subleaf,
						.xcr0 = vcpu->xcr0,
						.value = cpuid_ask(vcpu, leaf, subleaf),
						.known = true};
	regs->rax = answer->value.a;
	regs->rbx = answer->value.b;
	regs->rcx = answer->value.c;
	regs->rdx = answer->value.d;
}

/* INT n -------------------------------------------------------------------- */

/* The kernel counts as ring 1, its processes as ring 3. */
static bool may_raise(const struct vcpu *vcpu, const struct guest_trap *trap)
{
	return trap->address && trap->privilege >= (vcpu->pv.kernel_mode ? 1 : 3);
}

static bool software_interrupt(struct vcpu *vcpu)
{
	struct instruction instruction;
	uint8_t vector;

	if (!decode_at_rip(vcpu, &instruction) || instruction.operation != OPERATION_INT)
		return false;
	vector = (uint8_t)instruction.immediate;
	if (!may_raise(vcpu, &vcpu->pv.traps[vector])) {
		bounce_gp(vcpu, vector * 8u + ERROR_FROM_IDT);
		return true;
	}
	vcpu->regs.rip += instruction.length;
	bounce_exception(vcpu, &(struct guest_exception){.vector = vector});
	return true;
}

/* The rest ----------------------------------------------------------------- */

static bool may_use_interrupt_flag(const struct vcpu *vcpu)
{
	return vcpu->pv.kernel_mode ? vcpu->pv.iopl >= 1 : vcpu->pv.iopl == 3;
}

static enum emulated emulate_tsc(struct vcpu *vcpu, bool with_number)
{
	struct regs *regs = &vcpu->regs;
	uint64_t tsc = read_tsc();

	if (!vcpu->pv.kernel_mode && (vcpu->pv.cr4 & CR4_TSD))
		return EMULATED_REFUSED;
	regs->rax = (uint32_t)tsc;
	regs->rdx = tsc >> 32;
	if (with_number)
		regs->rcx = 0; /* TSC_AUX as RDMSR shows it */
	return EMULATED_DONE;
}

/* Only who has devices can have anything to write back; for others, a no-op. */
static enum emulated emulate_wbinvd(const struct vcpu *vcpu)
{
	if (vcpu->domain->hardware)
		flush_caches();
	return EMULATED_DONE;
}

static enum emulated emulate_for_kernel(struct vcpu *vcpu, const struct instruction *instruction)
{
	switch (instruction->operation) {
	case OPERATION_RDMSR:
		return emulate_read_msr(vcpu);
	case OPERATION_WRMSR:
		return emulate_write_msr(vcpu);
	case OPERATION_WBINVD:
		return emulate_wbinvd(vcpu);
	default:
		return emulate_control(vcpu, instruction);
	}
}

static enum emulated emulate(struct vcpu *vcpu, const struct instruction *instruction)
{
	switch (instruction->operation) {
	case OPERATION_IN:
	case OPERATION_OUT:
		return emulate_port(vcpu, instruction);
	case OPERATION_INS:
	case OPERATION_OUTS:
		return emulate_port_string(vcpu, instruction);
	case OPERATION_CPUID:
		emulate_cpuid(vcpu);
		return EMULATED_DONE;
	case OPERATION_RDTSC:
	case OPERATION_RDTSCP:
		return emulate_tsc(vcpu, instruction->operation == OPERATION_RDTSCP);
	case OPERATION_CLI:
	case OPERATION_STI:
		/* Events are masked in shared memory; this changes nothing. */
		return may_use_interrupt_flag(vcpu) ? EMULATED_DONE : EMULATED_REFUSED;
	default:
		break;
	}
	return vcpu->pv.kernel_mode ? emulate_for_kernel(vcpu, instruction) : EMULATED_REFUSED;
}

/* As the CPU does at the end of an instruction. */
static void complete(struct vcpu *vcpu, unsigned int length)
{
	struct regs *regs = &vcpu->regs;

	regs->rip += length;
	regs->rflags &= ~FLAG_RF;
	if (regs->rflags & FLAG_TF) {
		vcpu->pv.debug[6] |= DR6_SINGLE_STEP;
		bounce_exception(vcpu, &(struct guest_exception){.vector = TRAP_DB});
	}
}

/* Whether the guest has nothing more to hear of it. */
static bool carried_out(struct vcpu *vcpu, enum emulated outcome, unsigned int length)
{
	if (outcome == EMULATED_DONE)
		complete(vcpu, length);
	return outcome != EMULATED_REFUSED;
}

static bool emulate_privileged(struct vcpu *vcpu, uint32_t error_code)
{
	struct instruction instruction;

	if (error_code & ERROR_FROM_IDT)
		return software_interrupt(vcpu);
	/* Privileged instructions fault with 0; others name a selector. */
	if (error_code != 0 || !decode_at_rip(vcpu, &instruction))
		return false;

	return carried_out(vcpu, emulate(vcpu, &instruction), instruction.length);
}

#define OPCODE_RDMSR 0x320f
#define OPCODE_WRMSR 0x300f

/*
 * What kernels do at each switch between processes is known by its two bytes, alone.
 * Near the end of what is mapped, or for all else: false.
 */
static bool emulate_msr(struct vcpu *vcpu)
{
	enum emulated outcome;
	uint32_t bytes;

	if (!copy_from_guest(&bytes, guest_va(vcpu->regs.rip), sizeof(bytes)))
		return false;
	if ((uint16_t)bytes == OPCODE_RDMSR)
		outcome = emulate_read_msr(vcpu);
	else if ((uint16_t)bytes == OPCODE_WRMSR)
		outcome = emulate_write_msr(vcpu);
	else
		return false;
	if (!carried_out(vcpu, outcome, sizeof(uint16_t)))
		bounce_gp(vcpu, 0);
	return true;
}

void guest_general_protection(struct vcpu *vcpu, uint32_t error_code)
{
	bool done;

	if (vcpu->pv.kernel_mode)
		done = error_code == 0 && emulate_msr(vcpu);
	else
		done = bounce_sysenter(vcpu);
	if (!done && !emulate_privileged(vcpu, error_code))
		bounce_gp(vcpu, error_code);
}

/* UD2, "xen", CPUID: how a guest says that it wants Enso's answer. */
#define FORCED_CPUID	   0xa20f6e65780b0full
#define FORCED_CPUID_BYTES 7

void guest_invalid_opcode(struct vcpu *vcpu)
{
	uint64_t bytes = 0;

	/* One word in nearly all cases; near the end of what is mapped, as much as there is. */
	if (likely(copy_from_guest(&bytes, guest_va(vcpu->regs.rip), sizeof(bytes))))
		bytes &= ~0ull >> 8;
	else if (fetch(vcpu, (uint8_t *)&bytes, FORCED_CPUID_BYTES) != FORCED_CPUID_BYTES)
		bytes = 0;
	if (likely(bytes != FORCED_CPUID)) {
		bounce_ud(vcpu);
		return;
	}
	emulate_cpuid(vcpu);
	complete(vcpu, FORCED_CPUID_BYTES);
}
