/* SPDX-License-Identifier: MIT */
/* platform_op: interface version, CPUs, firmware, refusals. */
#include "tests/guest/lib/guest.h"

static struct xen_platform_op op;

static long run(uint32_t command)
{
	op.cmd = command;
	op.interface_version = XENPF_INTERFACE_VERSION;
	return call_platform(&op);
}

static long firmware(uint32_t type, uint32_t index)
{
	memset(&op, 0, sizeof(op));
	op.u.firmware_info.type = type;
	op.u.firmware_info.index = index;
	return run(XENPF_firmware_info);
}

void guest_main(void)
{
	op.cmd = XENPF_get_cpuinfo;
	op.interface_version = 0x03000000;
	expect("wrong-version", call_platform(&op), -XEN_EACCES);
	op.interface_version = 0;
	expect("version-0", call_platform(&op), -XEN_EACCES);
	op.u.pcpu_info.xen_cpuid = 0;
	expect("cpuinfo", run(XENPF_get_cpuinfo), 0);
	expect("cpuinfo-max", op.u.pcpu_info.max_present, 0);
	expect("cpuinfo-online", op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
	expect("cpuinfo-apic", op.u.pcpu_info.apic_id, 0);
	op.u.pcpu_info.xen_cpuid = 7;
	expect("cpuinfo-absent", run(XENPF_get_cpuinfo), 0);
	expect("cpuinfo-absent-flags", op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
	expect("cpuinfo-absent-max", op.u.pcpu_info.max_present, 0);
	op.u.pcpu_info.xen_cpuid = ~0u;
	expect("cpuinfo-no-id", run(XENPF_get_cpuinfo), 0);
	expect("cpuinfo-no-id-flags", op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
	expect_true("not-efi", firmware(XEN_FW_EFI_INFO, XEN_FW_EFI_VERSION) < 0);
	expect("kbd-shift", firmware(XEN_FW_KBD_SHIFT_FLAGS, 0), 0);
	expect_true("disk-past-end", firmware(XEN_FW_DISK_INFO, 1000) < 0);
	expect_true("mbr-past-end", firmware(XEN_FW_DISK_MBR_SIGNATURE, 1000) < 0);
	expect("firmware-type", firmware(77, 0), -XEN_EINVAL);
	expect("unknown-command", run(9999), -XEN_ENOSYS);
	expect("command-max", run(~0u), -XEN_ENOSYS);
	op.u.cpu_ol.cpuid = 99;
	expect_true("online-absent", run(XENPF_cpu_online) < 0);
	op.u.cpu_ol.cpuid = 99;
	expect_true("offline-absent", run(XENPF_cpu_offline) < 0);
	op.u.cpu_ol.cpuid = 0;
	expect_true("offline-first", run(XENPF_cpu_offline) < 0);
	for (int i = 0; i < BAD_POINTERS; i++)
		expect_named(bad_pointers[i].name, call_platform(bad_pointers[i].va), -XEN_EFAULT);
}
