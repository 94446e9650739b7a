/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/debug.c - see debug.h.  switch.c loads them when the vCPU comes.
 *
 * A breakpoint must never hit Enso: addresses are the guest's own, and those
 * on I/O ports are kept but not armed, as it is Enso that touches the ports.
 */
#include "xen-like/pv/debug.h"
#include "xen-like/mm/guest_copy.h"

#define DR6_ONES	   0xffff0ff0ull
#define DR6_ZEROS	   (1ull << 12)
#define DR7_ONES	   0x400ull
#define DR7_ZEROS	   0xd800ull
#define DR7_GENERAL_DETECT (1ull << 13)
#define DR7_ENABLES	   0xffull
#define DR7_TYPE_IO	   2

static uint64_t breakpoint_enables(unsigned int number)
{
	return 3ull << (2 * number);
}

static unsigned int breakpoint_type(uint64_t control, unsigned int number)
{
	return control >> (16 + 4 * number) & 3;
}

static void load(const struct vcpu *vcpu)
{
	const uint64_t *debug = vcpu->pv.debug;

	if (vcpu != current_vcpu())
		return;
	if (debug[7] & DR7_ENABLES) {
		__asm__ volatile("mov %0, %%db0" : : "r"(debug[0]));
		__asm__ volatile("mov %0, %%db1" : : "r"(debug[1]));
		__asm__ volatile("mov %0, %%db2" : : "r"(debug[2]));
		__asm__ volatile("mov %0, %%db3" : : "r"(debug[3]));
	}
	__asm__ volatile("mov %0, %%db7" : : "r"(debug[7]));
}

static int64_t set_address(struct vcpu *vcpu, unsigned int reg, uint64_t value)
{
	if (!guest_range_ok(value, sizeof(uint64_t)))
		return -XEN_EPERM;
	vcpu->pv.debug[reg] = value;
	load(vcpu);
	return 0;
}

static int64_t set_control(struct vcpu *vcpu, uint64_t value)
{
	if (value >> 32 || (value & DR7_GENERAL_DETECT))
		return -XEN_EPERM;
	value = (value & ~DR7_ZEROS) | DR7_ONES;
	for (unsigned int i = 0; i < 4; i++) {
		if (!(value & breakpoint_enables(i)) || breakpoint_type(value, i) != DR7_TYPE_IO)
			continue;
		if (!(vcpu->pv.cr4 & CR4_DE))
			return -XEN_EPERM;
		value &= ~breakpoint_enables(i);
	}
	vcpu->pv.debug[7] = value;
	load(vcpu);
	return 0;
}

static unsigned int without_aliases(unsigned int reg)
{
	return reg == 4 || reg == 5 ? reg + 2 : reg;
}

int64_t vcpu_set_debug(struct vcpu *vcpu, unsigned int reg, uint64_t value)
{
	switch (without_aliases(reg)) {
	case 0 ... 3:
		return set_address(vcpu, reg, value);
	case 6:
		if (value >> 32)
			return -XEN_EPERM;
		vcpu->pv.debug[6] = (value & ~DR6_ZEROS) | DR6_ONES;
		return 0;
	case 7:
		return set_control(vcpu, value);
	default:
		return -XEN_ENODEV;
	}
}

uint64_t vcpu_get_debug(const struct vcpu *vcpu, unsigned int reg)
{
	reg = without_aliases(reg);
	if (reg > 7)
		return (uint64_t)-XEN_ENODEV;
	return vcpu->pv.debug[index_nospec(reg, 8)];
}
