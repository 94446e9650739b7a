/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/platform_op.c - platform_op: what only the control domain may ask
 * of the host as a machine: its date, firmware, CPUs and sleep.
 *
 * MTRRs, microcode, EFI's run-time calls, memory and CPU hotplug and core
 * parking are refused: -ENOSYS, which Linux and its tools take for an answer.
 */
#include "hypercalls/dispatch.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/efi.h"
#include "xen-like/arch/x86/power.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

#define NS_PER_SECOND 1000000000ull
/* 2^33 s is past the year 2240, and in ns still fits 64 bits. */
#define SECONDS_MAX	(1ull << 33)
#define SLEEP_STATE_OFF 5

/* Date ------------------------------------------------------------------------ */

static void wallclocks_update(void)
{
	struct domain *domain;

	for (domid_t next = 0; (domain = domain_get_next(next)) != NULL;) {
		next = domain->id + 1;
		domain_update_wallclock(domain);
		domain_put(domain);
	}
}

/* It was `seconds`.`nanoseconds` when the system time was `at`. */
static int64_t set_time(uint64_t seconds, uint32_t nanoseconds, uint64_t at)
{
	uint64_t date;

	if (seconds >= SECONDS_MAX || nanoseconds >= NS_PER_SECOND)
		return -XEN_EINVAL;
	date = seconds * NS_PER_SECOND + nanoseconds;
	if (at > date)
		return -XEN_EINVAL;
	clock_wall_set(date - at);
	wallclocks_update();
	return 0;
}

/* Firmware -------------------------------------------------------------------- */

static int64_t efi_vendor(const struct efi_facts *facts, union xenpf_efi_info *info)
{
	uint32_t bytes = 2;

	for (unsigned int i = 0; facts->vendor[i]; i++)
		bytes += 2;
	bytes = MIN(bytes, info->vendor.bufsz & ~1u);
	info->vendor.revision = facts->firmware_revision;
	if (bytes && !copy_to_guest(guest_va((uint64_t)info->vendor.name.p), facts->vendor, bytes))
		return -XEN_EFAULT;
	return 0;
}

/* On a BIOS machine every question about EFI must fail: Linux takes that for an answer. */
static int64_t efi_info(struct xenpf_firmware_info *info)
{
	const struct efi_facts *facts = efi_facts_get();

	if (!facts)
		return -XEN_ENODEV;
	switch (info->index) {
	case XEN_FW_EFI_VERSION:
		info->u.efi_info.version = facts->revision;
		return 0;
	case XEN_FW_EFI_CONFIG_TABLE:
		info->u.efi_info.cfg.addr = facts->tables_address.n;
		info->u.efi_info.cfg.nent = facts->tables;
		return 0;
	case XEN_FW_EFI_VENDOR:
		return efi_vendor(facts, &info->u.efi_info);
	case XEN_FW_EFI_RT_VERSION:
		if (!facts->runtime_revision)
			return -XEN_ENODEV;
		info->u.efi_info.version = facts->runtime_revision;
		return 0;
	default:
		return -XEN_ENOENT;
	}
}

static int64_t firmware_info(struct xenpf_firmware_info *info)
{
	switch (info->type) {
	case XEN_FW_EFI_INFO:
		return efi_info(info);
	case XEN_FW_KBD_SHIFT_FLAGS:
		info->u.kbd_shift_flags = 0;
		return 0;
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		/* Enso makes no BIOS calls, so it has no disk to tell of. */
		return -XEN_ENOENT;
	default:
		return -XEN_EINVAL;
	}
}

/* CPUs ------------------------------------------------------------------------ */

static int64_t cpu_info(struct xenpf_pcpuinfo *info)
{
	const struct cpu *cpu = NULL;

	if (info->xen_cpuid < MAX_CPUS)
		cpu = cpus[index_nospec(info->xen_cpuid, MAX_CPUS)];
	info->max_present = cpu_count - 1;
	info->flags = XEN_PCPU_FLAGS_INVALID;
	info->apic_id = info->acpi_id = ~0u;
	if (cpu) {
		info->flags = cpu->online ? XEN_PCPU_FLAGS_ONLINE : 0;
		info->apic_id = cpu->apic_id;
		info->acpi_id = cpu->acpi_id;
	}
	return 0;
}

/* All CPUs are alike; the one this runs on answers. */
static int64_t cpu_version(struct xenpf_pcpu_version *info)
{
	uint32_t leaf[4];

	info->max_present = cpu_count - 1;
	if (info->xen_cpuid >= MAX_CPUS || !cpus[index_nospec(info->xen_cpuid, MAX_CPUS)]) {
		memset(info->vendor_id, 0, sizeof(info->vendor_id));
		info->family = info->model = info->stepping = 0;
		return 0;
	}
	cpuid(0, 0, leaf);
	memcpy(info->vendor_id, &leaf[1], 4);
	memcpy(info->vendor_id + 4, &leaf[3], 4);
	memcpy(info->vendor_id + 8, &leaf[2], 4);
	cpuid(1, 0, leaf);
	info->family = leaf[0] >> 8 & 0xf;
	info->model = leaf[0] >> 4 & 0xf;
	info->stepping = leaf[0] & 0xf;
	if (info->family == 0xf || info->family == 6)
		info->model |= leaf[0] >> 12 & 0xf0;
	if (info->family == 0xf)
		info->family += leaf[0] >> 20 & 0xff;
	return 0;
}

/* Every CPU stays on. */
static int64_t cpu_switch(uint32_t id, bool on)
{
	if (id >= MAX_CPUS || !cpus[index_nospec(id, MAX_CPUS)])
		return -XEN_EINVAL;
	return on ? 0 : -XEN_EOPNOTSUPP;
}

/* Enso idles by HLT and leaves frequencies to the firmware: heard, not used. */
static int64_t set_pminfo(const struct xenpf_set_processor_pminfo *info)
{
	uint32_t pdc[3];

	if (info->type > XEN_PM_PDC)
		return -XEN_EINVAL;
	if (info->type == XEN_PM_PDC &&
	    !copy_from_guest(pdc, guest_va((uint64_t)info->u.pdc.p), sizeof(pdc)))
		return -XEN_EFAULT;
	return 0;
}

/* Sleep ----------------------------------------------------------------------- */

static int64_t acpi_sleep(const struct xenpf_enter_acpi_sleep *op)
{
	int rc;

	if (op->flags & ~XENPF_ACPI_SLEEP_EXTENDED)
		return -XEN_EINVAL;
	/* Sleeping and waking up again is not built; going off is. */
	if (op->sleep_state != SLEEP_STATE_OFF || (op->flags & XENPF_ACPI_SLEEP_EXTENDED))
		return -XEN_EOPNOTSUPP;
	if (!host_quiesce())
		return -XEN_EBUSY;
	rc = machine_sleep(op->val_a, op->val_b, (uint8_t)op->sleep_state);
	host_resume();
	return rc;
}

/* Acts; *answers says whether `op` is to be copied back. */
static int64_t platform_command(struct xen_platform_op *op, bool *answers)
{
	switch (op->cmd) {
	case XENPF_settime32:
		return set_time(op->u.settime32.secs, op->u.settime32.nsecs,
				op->u.settime32.system_time);
	case XENPF_settime64:
		if (op->u.settime64.mbz)
			return -XEN_EINVAL;
		return set_time(op->u.settime64.secs, op->u.settime64.nsecs,
				op->u.settime64.system_time);
	case XENPF_firmware_info:
		*answers = true;
		return firmware_info(&op->u.firmware_info);
	case XENPF_enter_acpi_sleep:
		return acpi_sleep(&op->u.enter_acpi_sleep);
	case XENPF_set_processor_pminfo:
		return set_pminfo(&op->u.set_pminfo);
	case XENPF_get_cpuinfo:
		*answers = true;
		return cpu_info(&op->u.pcpu_info);
	case XENPF_get_cpu_version:
		*answers = true;
		return cpu_version(&op->u.pcpu_version);
	case XENPF_cpu_online:
		return cpu_switch(op->u.cpu_ol.cpuid, true);
	case XENPF_cpu_offline:
		return cpu_switch(op->u.cpu_ol.cpuid, false);
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_platform_op(reg_t argument)
{
	guest_va_t where = guest_va(argument);
	struct xen_platform_op op;
	bool answers = false;
	int64_t rc;

	if (!copy_from_guest(&op, where, sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -XEN_EACCES;
	rc = platform_command(&op, &answers);
	if (rc == 0 && answers && !copy_to_guest(where, &op, sizeof(op)))
		return -XEN_EFAULT;
	return rc;
}
