/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/msr_policy.c - see msr_policy.h; the table is msr_policy.def.
 */
#include "xen-like/pv/msr_policy.h"
#include "xen-like/base/bits.h"

enum on { ON_ALL, ON_INTEL, ON_AMD, ON_AMD_DOM0 };

enum read_rule {
	READ_REFUSE,
	READ_ZERO,
	READ_HARDWARE,
	READ_BASE,
	READ_EFER,
	READ_TSC,
	READ_APIC_BASE,
	READ_LOCKED,
	READ_PAT,
	READ_LFENCE,
	READ_MCE_BANKS,
	READ_MCE_BANK,
};

enum write_rule { WRITE_REFUSE, WRITE_DROP, WRITE_ZERO, WRITE_BASE, WRITE_SAME };

struct row {
	uint32_t first, last;
	uint8_t on, read, write;
};

static const struct row rows[] = {
#define MSR(first, last, on, read, write) {first, last, ON_##on, READ_##read, WRITE_##write},
#include "xen-like/pv/msr_policy.def"
#undef MSR
};

#define APIC_BASE_ADDRESS    0xfee00000ull
#define APIC_BASE_ENABLE     (1ull << 11)
#define APIC_BASE_BOOT	     (1ull << 8)
#define EFER_SVME	     (1ull << 12)
#define FEATURE_CONTROL_LOCK 1ull
#define DE_CFG_LFENCE	     (1ull << 1)
/* Must be what the CPUs are given: arch/x86/cpu.h. */
#define PAT_OF_THE_HOST		     0x050100070406ull

#define MCE_BANKS		     2
#define MCE_BANK_CONTROL	     0 /* first of a bank's four */

#define MSR_MISC_ENABLE		     0x1a0
#define MISC_ENABLE_PERFMON	     (1ull << 7)
#define MISC_ENABLE_BTS_UNAVAILABLE  (1ull << 11)
#define MISC_ENABLE_PEBS_UNAVAILABLE (1ull << 12)

static bool applies(const struct msr_context *context, enum on on)
{
	switch (on) {
	case ON_INTEL:
		return context->intel;
	case ON_AMD:
		return context->amd;
	case ON_AMD_DOM0:
		return context->amd && context->hardware_domain;
	default:
		return true;
	}
}

static const struct row *find_row(const struct msr_context *context, uint32_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (index >= rows[i].first && index <= rows[i].last && applies(context, rows[i].on))
			return &rows[i];
	return NULL;
}

static enum msr_action value_is(uint64_t *value, uint64_t is)
{
	*value = is;
	return MSR_VALUE;
}

static uint64_t apic_base(const struct msr_context *context)
{
	return APIC_BASE_ADDRESS | APIC_BASE_ENABLE | (context->boot_vcpu ? APIC_BASE_BOOT : 0);
}

static uint64_t mce_bank(uint32_t offset)
{
	return offset % 4 == MCE_BANK_CONTROL ? ~0ull : 0;
}

enum msr_action msr_read_policy(const struct msr_context *context, uint32_t index, uint64_t *value)
{
	const struct row *row = find_row(context, index);

	*value = 0;
	switch (row ? (enum read_rule)row->read : READ_REFUSE) {
	case READ_ZERO:
		return value_is(value, 0);
	case READ_HARDWARE:
		return MSR_HARDWARE;
	case READ_BASE:
		return msr_base(index);
	case READ_EFER:
		return value_is(value, context->efer & ~EFER_SVME);
	case READ_TSC:
		return MSR_TIME_STAMP;
	case READ_APIC_BASE:
		return value_is(value, apic_base(context));
	case READ_LOCKED:
		return value_is(value, FEATURE_CONTROL_LOCK);
	case READ_PAT:
		return value_is(value, PAT_OF_THE_HOST);
	case READ_LFENCE:
		return value_is(value, DE_CFG_LFENCE);
	case READ_MCE_BANKS:
		return value_is(value, MCE_BANKS);
	case READ_MCE_BANK:
		return value_is(value, mce_bank(index - row->first));
	case READ_REFUSE:
		break;
	}
	return MSR_REFUSE;
}

enum msr_action msr_write_policy(const struct msr_context *context, uint32_t index, uint64_t value)
{
	const struct row *row = find_row(context, index);
	uint64_t now;

	switch (row ? (enum write_rule)row->write : WRITE_REFUSE) {
	case WRITE_DROP:
		return MSR_DROP;
	case WRITE_ZERO:
		return value == 0 ? MSR_DROP : MSR_REFUSE;
	case WRITE_BASE:
		return address_canonical(value) ? msr_base(index) : MSR_REFUSE;
	case WRITE_SAME:
		if (msr_read_policy(context, index, &now) == MSR_VALUE && now == value)
			return MSR_DROP;
		return MSR_REFUSE;
	case WRITE_REFUSE:
		break;
	}
	return MSR_REFUSE;
}

uint64_t msr_show(uint32_t index, uint64_t value)
{
	/* No performance counters for guests, nor what needs them. */
	if (index == MSR_MISC_ENABLE)
		return (value & ~MISC_ENABLE_PERFMON) | MISC_ENABLE_BTS_UNAVAILABLE |
		       MISC_ENABLE_PEBS_UNAVAILABLE;
	return value;
}
