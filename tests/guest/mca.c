/* SPDX-License-Identifier: MIT */
/*
 * The mca call: which CPUs there are, nothing to fetch, what is refused.  With the
 * word `wait` tests/scenario/panic breaks memory a little when it reads "waiting":
 * VIRQ_MCA comes, and the report is fetched and acknowledged as Linux does it.
 */
/* clang-format off: the ABI header wants the integer types first */
#include "tests/guest/lib/cpu.h"
#include <xen/arch-x86/xen-mca.h>
/* clang-format on */

#define CPUS_MAX 8

static struct xen_mc request;
static struct mc_info report;
static xen_mc_logical_cpu_t cpus[CPUS_MAX];

static long call_mca(uint32_t command)
{
	request.cmd = command;
	request.interface_version = XEN_MCA_INTERFACE_VERSION;
	return hc1(__HYPERVISOR_mca, &request);
}

static long fetch(uint32_t flags)
{
	request.u.mc_fetch.flags = flags;
	set_xen_guest_handle(request.u.mc_fetch.data, &report);
	return call_mca(XEN_MC_fetch);
}

static uint32_t cpu_count(void)
{
	memset(&request, 0, sizeof(request));
	expect("cpus", call_mca(XEN_MC_physcpuinfo), 0);
	return request.u.mc_physcpuinfo.ncpus;
}

static void claim_cpus(void)
{
	uint32_t count = cpu_count();

	expect("cpus-count", count, 2);
	request.u.mc_physcpuinfo.ncpus = CPUS_MAX;
	set_xen_guest_handle(request.u.mc_physcpuinfo.info, cpus);
	expect("cpus-told", call_mca(XEN_MC_physcpuinfo), 0);
	expect("cpus-told-count", request.u.mc_physcpuinfo.ncpus, 2);
	expect("cpu-0", cpus[0].mc_cpunr, 0);
	expect("cpu-1", cpus[1].mc_cpunr, 1);
	expect_true("apic-ids-differ", cpus[0].mc_apicid != cpus[1].mc_apicid);
	expect("capabilities-first", cpus[0].mc_msrvalues[0].reg, 0x179);
	expect_true("capabilities-told", cpus[0].mc_nmsrvals >= 1);
}

static void claim_nothing(void)
{
	memset(&request, 0, sizeof(request));
	expect("fetch", fetch(XEN_MC_NONURGENT), 0);
	expect("fetch-flags", request.u.mc_fetch.flags, XEN_MC_NODATA);
	expect("fetch-urgent", fetch(XEN_MC_URGENT), 0);
	expect("fetch-urgent-flags", request.u.mc_fetch.flags, XEN_MC_NODATA);
	expect("fetch-neither", fetch(0), -XEN_EINVAL);
	expect("fetch-both", fetch(XEN_MC_NONURGENT | XEN_MC_URGENT), -XEN_EINVAL);
	request.interface_version = XEN_MCA_INTERFACE_VERSION - 1;
	expect("version", hc1(__HYPERVISOR_mca, &request), -XEN_EACCES);
	expect("bad-pointer", hc1(__HYPERVISOR_mca, NON_CANONICAL), -XEN_EFAULT);
}

/* As convert_log() of Linux' drivers/xen/mcelog.c reads it. */
static void show(void)
{
	struct mcinfo_common *entry;
	struct mcinfo_global *global;
	unsigned int banks = 0;

	x86_mcinfo_lookup(entry, &report, MC_TYPE_GLOBAL);
	need(entry);
	global = (struct mcinfo_global *)entry;
	expect_true("report-of-a-cpu", global->mc_apicid == cpus[0].mc_apicid ||
					       global->mc_apicid == cpus[1].mc_apicid);
	expect_true("report-corrected", global->mc_flags & MC_FLAG_CORRECTABLE);
	x86_mcinfo_lookup(entry, &report, MC_TYPE_BANK);
	for (; entry && entry->size; entry = x86_mcinfo_next(entry)) {
		struct mcinfo_bank *bank = (struct mcinfo_bank *)entry;

		if (entry->type != MC_TYPE_BANK)
			continue;
		banks++;
		print("APIC %u bank %u: status %lx address %lx misc %lx", global->mc_apicid,
		      bank->mc_bank, bank->mc_status, bank->mc_addr, bank->mc_misc);
	}
	expect("report-banks", banks, 1);
}

/* Until there is nothing more; how many there were. */
static int take_all(void)
{
	for (int count = 0;; count++) {
		memset(&request, 0, sizeof(request));
		need(!fetch(XEN_MC_NONURGENT));
		if (request.u.mc_fetch.flags & XEN_MC_NODATA)
			return count;
		show();
		need(!fetch(XEN_MC_NONURGENT | XEN_MC_ACK));
		need(request.u.mc_fetch.flags == XEN_MC_OK);
	}
}

static void wait_for_two(long port)
{
	int count = 0;

	print("waiting");
	while (count < 2) {
		uint32_t before = event_count[port];

		count += take_all();
		while (count < 2 && event_count[port] == before)
			call_sched(SCHEDOP_block, NULL);
		events_close();
	}
	expect("two-reports", count, 2);
	claim_nothing();
}

void guest_main(void)
{
	long port = bind_virq(VIRQ_MCA, 0);

	expect_true("bound", port > 0);
	claim_cpus();
	claim_nothing();
	if (asked_for("wait"))
		wait_for_two(port);
}
