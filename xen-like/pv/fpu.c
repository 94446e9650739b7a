/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/fpu.c - x87 to AVX registers of vCPUs.  Eager: a guest never
 * runs while they hold another's.  Enso itself does not use them, so they stay
 * while a CPU idles.
 */
#include "xen-like/base/string.h"
#include "xen-like/mm/heap.h"
#include "xen-like/pv/pv.h"

#define XSTATE_X87    1ull
#define XSTATE_SSE    2ull
#define XSTATE_AVX    4ull
#define XSTATE_AVX512 0xe0ull

/* Offsets in the legacy area; values after reset. */
#define CONTROL_WORD	   0
#define CONTROL_WORD_RESET 0x37f
#define STATUS_WORD	   2
#define STATUS_EXCEPTION   0x80
#define MXCSR		   24
#define MXCSR_RESET	   0x1f80

/* XSAVE wants 64-byte alignment; the heap's whole pages have it. */
bool extended_state_alloc(struct vcpu *vcpu)
{
	uint8_t *area = heap_alloc(MAX((size_t)cpu_features.xsave_bytes, (size_t)PAGE_SIZE));

	if (!area)
		return false;
	*(uint16_t *)(area + CONTROL_WORD) = CONTROL_WORD_RESET;
	*(uint32_t *)(area + MXCSR) = MXCSR_RESET;
	vcpu->extended_state = area;
	vcpu->xcr0 = XSTATE_X87;
	return true;
}

static void xcr0_write(uint64_t value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static void save(struct vcpu *vcpu)
{
	uint32_t low = (uint32_t)cpu_features.xcr0, high = (uint32_t)(cpu_features.xcr0 >> 32);

	if (!cpu_features.xsave) {
		__asm__ volatile("fxsave64 (%0)" : : "r"(vcpu->extended_state) : "memory");
		return;
	}
	/* All Enso has on, also what this guest has not: nothing may be left over. */
	xcr0_write(cpu_features.xcr0);
	if (cpu_features.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)"
				 :
				 : "r"(vcpu->extended_state), "a"(low), "d"(high)
				 : "memory");
	else
		__asm__ volatile("xsave64 (%0)"
				 :
				 : "r"(vcpu->extended_state), "a"(low), "d"(high)
				 : "memory");
}

/*
 * AMD's CPUs load the addresses of the last x87 instruction only with an
 * exception waiting; else the last guest's would stay.  An instruction of ours
 * takes their place.
 */
static void forget_addresses(const struct vcpu *vcpu)
{
	const uint8_t *area = vcpu->extended_state;
	static const uint32_t zero;

	if (!cpu_features.amd || (*(const uint16_t *)(area + STATUS_WORD) & STATUS_EXCEPTION))
		return;
	__asm__ volatile("fnclex; ffree %%st(7); fildl %0" : : "m"(zero));
}

static void load(const struct vcpu *vcpu)
{
	uint32_t low = (uint32_t)cpu_features.xcr0, high = (uint32_t)(cpu_features.xcr0 >> 32);

	forget_addresses(vcpu);
	if (!cpu_features.xsave) {
		__asm__ volatile("fxrstor64 (%0)" : : "r"(vcpu->extended_state) : "memory");
		return;
	}
	xcr0_write(cpu_features.xcr0);
	__asm__ volatile("xrstor64 (%0)"
			 :
			 : "r"(vcpu->extended_state), "a"(low), "d"(high)
			 : "memory");
	xcr0_write(vcpu->xcr0);
}

/* The guest's TS would make our own saving trap; it is set again for its owner. */
static void task_switched_load(const struct vcpu *vcpu)
{
	if (vcpu->pv.task_switched)
		write_cr0(read_cr0() | CR0_TS);
}

void extended_state_switch(struct vcpu *to)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner == to)
		return;
	__asm__ volatile("clts");
	if (cpu->fpu_owner)
		save(cpu->fpu_owner);
	load(to);
	cpu->fpu_owner = to;
	task_switched_load(to);
}

void extended_state_save(struct vcpu *vcpu)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner != vcpu)
		return;
	__asm__ volatile("clts");
	save(vcpu);
	cpu->fpu_owner = NULL;
}

static bool xcr0_valid(uint64_t value)
{
	uint64_t avx512 = value & XSTATE_AVX512;

	if (!cpu_features.xsave || (value & ~cpu_features.xcr0) || !(value & XSTATE_X87))
		return false;
	if ((value & XSTATE_AVX) && !(value & XSTATE_SSE))
		return false;
	return avx512 == 0 || (avx512 == XSTATE_AVX512 && (value & XSTATE_AVX));
}

bool extended_state_set_xcr0(struct vcpu *vcpu, uint64_t xcr0)
{
	if (!xcr0_valid(xcr0))
		return false;
	vcpu->xcr0 = xcr0;
	if (this_cpu()->fpu_owner == vcpu)
		xcr0_write(xcr0);
	return true;
}
