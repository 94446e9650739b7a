/* SPDX-License-Identifier: MIT */
/* sysctl: interface version, unknown commands, bad pointers, what the host has not. */
#include "tests/guest/lib/sysctl.h"

static void claim_versions(void)
{
	request.cmd = XEN_SYSCTL_physinfo;
	expect("version-0", hc1(__HYPERVISOR_sysctl, &request), -XEN_EACCES);
	request.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
	expect("version-before", hc1(__HYPERVISOR_sysctl, &request), -XEN_EACCES);
	request.interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1;
	expect("version-after", hc1(__HYPERVISOR_sysctl, &request), -XEN_EACCES);
	request.cmd = 1000;
	expect("version-first", hc1(__HYPERVISOR_sysctl, &request), -XEN_EACCES);
	expect("version-right", sysctl_plain(XEN_SYSCTL_physinfo), 0);
}

static void claim_commands(void)
{
	expect("command-0", sysctl_plain(0), -XEN_ENOSYS);
	expect("command-13", sysctl_plain(13), -XEN_ENOSYS);
	expect("command-24-tmem", sysctl_plain(24), -XEN_ENOSYS);
	expect("command-28-parameter", sysctl_plain(28), -XEN_ENOSYS);
	expect("command-30", sysctl_plain(30), -XEN_ENOSYS);
	expect("command-max", sysctl_plain(~0u), -XEN_ENOSYS);
}

/* Tools that look for these take the errors for "there is nothing". */
static void claim_absent(void)
{
	expect("lockprof", sysctl_plain(XEN_SYSCTL_lockprof_op), -XEN_ENOSYS);
	expect("coverage", sysctl_plain(XEN_SYSCTL_coverage_op), -XEN_EOPNOTSUPP);
	expect("psr-cmt", sysctl_plain(XEN_SYSCTL_psr_cmt_op), -XEN_ENODEV);
	expect("psr-alloc", sysctl_plain(XEN_SYSCTL_psr_alloc), -XEN_ENODEV);
	sysctl_begin();
	request.u.get_pmstat.type = PMSTAT_get_max_px;
	expect("pmstat-px", sysctl_call(XEN_SYSCTL_get_pmstat), -XEN_ENODEV);
	sysctl_begin();
	request.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_ONLINE;
	expect("online-again", sysctl_call(XEN_SYSCTL_cpu_hotplug), -XEN_EEXIST);
	request.u.cpu_hotplug.cpu = 99;
	expect("online-absent", sysctl_call(XEN_SYSCTL_cpu_hotplug), -XEN_EINVAL);
	request.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_OFFLINE;
	expect("offline-absent", sysctl_call(XEN_SYSCTL_cpu_hotplug), -XEN_EINVAL);
	request.u.cpu_hotplug.op = 9;
	expect("hotplug-unknown", sysctl_call(XEN_SYSCTL_cpu_hotplug), -XEN_EOPNOTSUPP);
	request.u.cpu_hotplug.cpu = 0;
	request.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_OFFLINE;
	expect_true("offline-first", sysctl_call(XEN_SYSCTL_cpu_hotplug) < 0);
}

static void claim_places(void)
{
	struct xen_sysctl *edge = edge_of_page(sizeof(*edge));
	struct xen_sysctl whole = {.cmd = XEN_SYSCTL_physinfo,
				   .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
	struct xen_sysctl *beyond;

	memcpy(edge, &whole, sizeof(whole));
	expect("ends-with-the-page", hc1(__HYPERVISOR_sysctl, edge), 0);
	beyond = edge_of_page(sizeof(*beyond) - 8);
	memcpy(beyond, &whole, sizeof(*beyond) - 8);
	expect("beyond-the-page", hc1(__HYPERVISOR_sysctl, beyond), -XEN_EFAULT);
	for (int i = 0; i < BAD_POINTERS; i++)
		expect_named(bad_pointers[i].name, hc1(__HYPERVISOR_sysctl, bad_pointers[i].va),
			     -XEN_EFAULT);
}

void guest_main(void)
{
	claim_versions();
	claim_commands();
	claim_absent();
	claim_places();
}
