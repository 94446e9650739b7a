/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/mca.c - mca: machine-check reports for dom0's log, and which CPUs
 * there are.  Only of corrected errors, which none is in a hurry for: one that is
 * not corrected ends the host.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/machine_check.h"
#include "xen-like/base/string.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

#define VENDORS_AMD   2 /* Linux's X86_VENDOR_ numbers, as mcelog prints them */
#define VENDORS_INTEL 0
#define BRAND_LEAF    0x80000002
#define MSR_MCG_CAP   0x179

static void cpu_describe(const struct cpu *cpu, xen_mc_logical_cpu_t *info)
{
	uint32_t leaf[4];

	memset(info, 0, sizeof(*info));
	info->mc_cpunr = cpu->id;
	info->mc_apicid = cpu->apic_id;
	info->mc_ncores = info->mc_ncores_active = info->mc_nthreads = 1;
	info->mc_vendor = cpu_features.amd ? VENDORS_AMD : VENDORS_INTEL;
	cpuid(0, 0, leaf);
	info->mc_cpuid_level = (int32_t)leaf[0];
	memcpy(info->mc_vendorid, &leaf[1], 4);
	memcpy(info->mc_vendorid + 4, &leaf[3], 4);
	memcpy(info->mc_vendorid + 8, &leaf[2], 4);
	cpuid(1, 0, leaf);
	info->mc_family =
		(leaf[0] >> 8 & 0xf) + ((leaf[0] >> 8 & 0xf) == 0xf ? leaf[0] >> 20 & 0xff : 0);
	info->mc_model = (leaf[0] >> 4 & 0xf) | (leaf[0] >> 12 & 0xf0);
	info->mc_step = leaf[0] & 0xf;
	info->mc_cpu_caps[MC_CAPS_STD_EDX] = leaf[3];
	info->mc_cpu_caps[MC_CAPS_STD_ECX] = leaf[2];
	/* Linux looks for it in the first place. */
	info->mc_nmsrvals = 1;
	info->mc_msrvalues[0] = (xen_mcinfo_msr_t){MSR_MCG_CAP, machine_check_capabilities()};
	for (uint32_t i = 0; i < 3; i++) {
		cpuid(BRAND_LEAF + i, 0, leaf);
		memcpy(info->mc_brandid + 16 * i, leaf, sizeof(leaf));
	}
}

static int64_t physical_cpus(struct xen_mc_physcpuinfo *op)
{
	guest_va_t to = guest_va((uint64_t)op->info.p);
	uint32_t room = op->ncpus;

	op->ncpus = cpu_count;
	if (to.va == 0)
		return 0;
	op->ncpus = MIN(room, cpu_count);
	for (uint32_t i = 0; i < op->ncpus; i++) {
		xen_mc_logical_cpu_t info;

		cpu_describe(cpus[i], &info);
		if (!copy_to_guest(guest_element(to, i, sizeof(info)), &info, sizeof(info)))
			return -XEN_EFAULT;
	}
	return 0;
}

/* The beginning of a struct mc_info: as much of its room as one report takes. */
struct told {
	uint32_t entries, flags;
	struct mcinfo_global global;
	struct mcinfo_bank bank;
	struct mcinfo_common end; /* Linux reads on to an entry without a size */
};

static struct told tell(const struct machine_check_report *report)
{
	return (struct told){
		.entries = 2,
		.global = {.common = {MC_TYPE_GLOBAL, sizeof(struct mcinfo_global)},
			   .mc_domid = DOMID_INVALID,
			   .mc_vcpuid = XEN_MC_VCPUID_INVALID,
			   .mc_apicid = report->apic_id,
			   .mc_flags = MC_FLAG_CORRECTABLE | MC_FLAG_POLLED},
		.bank = {.common = {MC_TYPE_BANK, sizeof(struct mcinfo_bank)},
			 .mc_bank = report->bank,
			 .mc_domid = DOMID_INVALID,
			 .mc_status = report->status,
			 .mc_addr = report->address,
			 .mc_misc = report->misc,
			 .mc_tsc = report->tsc},
	};
}

/* The oldest report, again until it is acknowledged. */
static int64_t fetch_oldest(struct xen_mc_fetch *op)
{
	struct machine_check_report report;
	struct told told;

	op->flags = XEN_MC_NODATA;
	op->fetch_id = machine_check_fetch(&report);
	if (op->fetch_id == 0)
		return 0;
	told = tell(&report);
	op->flags = XEN_MC_OK;
	return copy_to_guest(guest_va((uint64_t)op->data.p), &told, sizeof(told)) ? 0 : -XEN_EFAULT;
}

static int64_t fetch(struct xen_mc_fetch *op)
{
	switch (op->flags) {
	case XEN_MC_NONURGENT:
		return fetch_oldest(op);
	case XEN_MC_URGENT:
		op->flags = XEN_MC_NODATA;
		op->fetch_id = 0;
		return 0;
	case XEN_MC_NONURGENT | XEN_MC_ACK:
		machine_check_fetched(op->fetch_id);
		op->flags = XEN_MC_OK;
		return 0;
	case XEN_MC_URGENT | XEN_MC_ACK:
		op->flags = XEN_MC_OK;
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

int64_t hc_mca(reg_t argument)
{
	guest_va_t where = guest_va(argument);
	struct xen_mc op;
	int64_t rc;

	if (!copy_from_guest(&op, where, sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -XEN_EACCES;
	switch (op.cmd) {
	case XEN_MC_fetch:
		rc = fetch(&op.u.mc_fetch);
		break;
	case XEN_MC_physcpuinfo:
		rc = physical_cpus(&op.u.mc_physcpuinfo);
		break;
	case XEN_MC_notifydomain:
		return -XEN_EINVAL;
	default:
		return -XEN_ENOSYS;
	}
	if (rc == 0 && !copy_to_guest(where, &op, sizeof(op)))
		return -XEN_EFAULT;
	return rc;
}
