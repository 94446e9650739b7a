/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/mca.c - mca: machine-check reports for dom0's log.  Enso keeps
 * none yet (an error that is not corrected ends the host), so there is nothing
 * to fetch; which CPUs there are is told.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/string.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

#define VENDORS_AMD   2 /* Linux's X86_VENDOR_ numbers, as mcelog prints them */
#define VENDORS_INTEL 0
#define BRAND_LEAF    0x80000002

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

static int64_t fetch(struct xen_mc_fetch *op)
{
	switch (op->flags) {
	case XEN_MC_NONURGENT:
	case XEN_MC_URGENT:
	case XEN_MC_NONURGENT | XEN_MC_ACK:
	case XEN_MC_URGENT | XEN_MC_ACK:
		op->flags = op->flags & XEN_MC_ACK ? XEN_MC_OK : XEN_MC_NODATA;
		op->fetch_id = 0;
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
