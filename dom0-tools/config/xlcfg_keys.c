/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/xlcfg_keys.c - xlcfg_keys.h says what it is for. */
#include "dom0-tools/config/xlcfg_keys.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define SLOT(member)		   .offset = offsetof(struct guest_config, member)
#define READ(name, function, member, where, why) \
	{.key = name, .policy = XLCFG_READ, .read = function, SLOT(member), .field = where, .note = why}
#define ONE_OF(name, words, why)   {.key = name, .policy = XLCFG_READ, .values = words, .note = why}
#define WARNED(name, why)	   {.key = name, .policy = XLCFG_WARNED, .note = why}
#define REFUSED(name, why)	   {.key = name, .policy = XLCFG_REFUSED, .note = why}

#define NO_DEVICE	"the guest would miss this device: PV guests have disks, network interfaces and a console"
#define NO_EFFECT_PV	"of no effect in a PV guest"
#define NO_DISPLAY	"there is no display"
#define NO_MODEL	"there is no device model"
#define NO_PCI		"there are no PCI devices"

const struct xlcfg_rule xlcfg_rules[] = {
	READ("name", xlcfg_string, name, GUEST_FIELD_NAME, NULL),
	READ("uuid", xlcfg_uuid, uuid, GUEST_FIELD_UUID, NULL),
	READ("type", xlcfg_type, type, GUEST_FIELD_TYPE, "\"pv\" is what Enso runs"),
	READ("builder", xlcfg_type, type, GUEST_FIELD_TYPE, "the old word for type: \"generic\" and \"linux\" are PV"),
	READ("memory", xlcfg_megabytes, memory_kib, GUEST_FIELD_MEMORY, "MiB"),
	READ("maxmem", xlcfg_megabytes, memory_max_kib, GUEST_FIELD_MEMORY_MAX, "MiB; without it as much as memory"),
	READ("vcpus", xlcfg_vcpus, vcpus, GUEST_FIELD_VCPUS, NULL),
	READ("maxvcpus", xlcfg_maxvcpus, vcpus_max, GUEST_FIELD_VCPUS_MAX, NULL),
	READ("cpus", xlcfg_cpus, vcpu, GUEST_FIELD_VCPU, "numbers of CPUs; nodes are not known"),
	READ("cpu_weight", xlcfg_number, weight, GUEST_FIELD_WEIGHT, "1 to 65535; 256 is usual"),
	READ("cap", xlcfg_number, cap, GUEST_FIELD_CAP, "per cent of one CPU"),
	READ("kernel", xlcfg_string, kernel, GUEST_FIELD_KERNEL, "a file of dom0"),
	READ("ramdisk", xlcfg_string, ramdisk, GUEST_FIELD_RAMDISK, "a file of dom0"),
	READ("cmdline", xlcfg_cmdline, command_line, GUEST_FIELD_COMMAND_LINE, NULL),
	READ("root", xlcfg_root, command_line, GUEST_FIELD_COMMAND_LINE, "root=ROOT before extra"),
	READ("extra", xlcfg_extra, command_line, GUEST_FIELD_COMMAND_LINE, NULL),
	READ("bootloader", xlcfg_string, bootloader, GUEST_FIELD_BOOTLOADER, "read, then refused: no program reads the guest's disk in dom0"),
	READ("firmware", xlcfg_firmware, kernel, GUEST_FIELD_KERNEL, "\"pvgrub64\": the kernel is /usr/lib/grub-xen/grub-x86_64-xen.bin"),
	READ("on_poweroff", xlcfg_action, on_poweroff, GUEST_FIELDS, NULL),
	READ("on_reboot", xlcfg_action, on_reboot, GUEST_FIELDS, NULL),
	READ("on_crash", xlcfg_action, on_crash, GUEST_FIELDS, NULL),
	READ("on_watchdog", xlcfg_action, on_watchdog, GUEST_FIELDS, NULL),
	READ("localtime", xlcfg_localtime, time_offset_seconds, GUEST_FIELD_TIME_OFFSET, "dom0's time zone as it is now"),
	READ("rtc_timeoffset", xlcfg_timeoffset, time_offset_seconds, GUEST_FIELD_TIME_OFFSET, "seconds ahead of UTC"),
	READ("max_grant_frames", xlcfg_number, max_grant_frames, GUEST_FIELD_GRANT_FRAMES, NULL),
	READ("max_maptrack_frames", xlcfg_number, max_maptrack_frames, GUEST_FIELD_MAPTRACK_FRAMES, NULL),
	READ("max_event_channels", xlcfg_number, max_event_channels, GUEST_FIELD_EVENT_CHANNELS, NULL),
	READ("disk", xlcfg_disks, disks, GUEST_FIELD_DISK, "both spellings; see below"),
	READ("vif", xlcfg_networks, networks, GUEST_FIELD_NETWORK, "see below"),

	ONE_OF("pool", "Pool-0", "there is one pool of CPUs"),
	WARNED("cpus_soft", "a configuration has no place for it; once the guest is there: enso vcpu-pin GUEST all - CPUS"),
	REFUSED("vnuma", "a PV guest has one memory node"),
	WARNED("on_soft_reset", "PV guests have no soft reset"),
	WARNED("bootloader_args", "no bootloader is run in dom0"),
	ONE_OF("pvshim", "0", "a PV guest runs as PV"),
	WARNED("pvshim_path", "there is no shim"),
	WARNED("pvshim_cmdline", "there is no shim"),
	WARNED("pvshim_extra", "there is no shim"),
	WARNED("seclabel", "guests of Enso are kept apart without labels"),
	WARNED("init_seclabel", "guests of Enso are kept apart without labels"),
	ONE_OF("max_grant_version", "1|2", "every guest takes version 1, which Enso has"),
	WARNED("nomigrate", "guests do not migrate yet"),
	ONE_OF("driver_domain", "0", "dom0 serves all devices"),
	REFUSED("device_tree", "guests of x86 have no device tree"),
	ONE_OF("passthrough", "disabled|default", "devices of the host are not handed on"),
	ONE_OF("xend_suspend_evtchn_compat", "0", "the guest writes only its own nodes"),
	ONE_OF("vmtrace_buf_kb", "0", "guests are not traced"),
	ONE_OF("vpmu", "0", "guests have no performance counters"),
	ONE_OF("e820_host", "0", "the guest's memory map is its own, not the host's"),
	ONE_OF("msr_relaxed", "0", "an MSR that is not there is a fault"),
	ONE_OF("tsc_mode", "default|native|0|2", "a PV guest reads the CPU's own time stamps"),
	REFUSED("cpuid", "PV guests have the host's CPU"),
	WARNED("mca_caps", "machine checks are dom0's"),

	REFUSED("vtpm", NO_DEVICE),
	REFUSED("p9", NO_DEVICE),
	REFUSED("pvcalls", NO_DEVICE),
	REFUSED("vfb", NO_DEVICE),
	REFUSED("channel", NO_DEVICE),
	REFUSED("usbctrl", NO_DEVICE),
	REFUSED("usbdev", NO_DEVICE),
	REFUSED("pci", NO_DEVICE),
	REFUSED("dtdev", NO_DEVICE),
	REFUSED("ioports", NO_DEVICE),
	REFUSED("iomem", NO_DEVICE),
	REFUSED("irqs", NO_DEVICE),
	REFUSED("vdispl", NO_DEVICE),
	REFUSED("vsnd", NO_DEVICE),
	REFUSED("vkb", NO_DEVICE),
	WARNED("pci_permissive", NO_PCI),
	WARNED("pci_msitranslate", NO_PCI),
	WARNED("pci_seize", NO_PCI),
	WARNED("pci_power_mgmt", NO_PCI),
	WARNED("rdm", NO_PCI),
	WARNED("rdm_mem_boundary", NO_PCI),
	ONE_OF("gfx_passthru", "0", NO_PCI),

	ONE_OF("vnc", "0", NO_DISPLAY),
	ONE_OF("sdl", "0", NO_DISPLAY),
	ONE_OF("spice", "0", NO_DISPLAY),
	WARNED("vnclisten", NO_DISPLAY),
	WARNED("vncdisplay", NO_DISPLAY),
	WARNED("vncunused", NO_DISPLAY),
	WARNED("vncpasswd", NO_DISPLAY),
	WARNED("keymap", NO_DISPLAY),
	WARNED("opengl", NO_DISPLAY),
	WARNED("nographic", NO_DISPLAY),
	WARNED("spicehost", NO_DISPLAY),
	WARNED("spiceport", NO_DISPLAY),
	WARNED("spicetls_port", NO_DISPLAY),
	WARNED("spicedisable_ticketing", NO_DISPLAY),
	WARNED("spicepasswd", NO_DISPLAY),
	WARNED("spiceagent_mouse", NO_DISPLAY),
	WARNED("spicevdagent", NO_DISPLAY),
	WARNED("spice_clipboard_sharing", NO_DISPLAY),
	WARNED("spiceusbredirection", NO_DISPLAY),
	WARNED("spice_image_compression", NO_DISPLAY),
	WARNED("spice_streaming_video", NO_DISPLAY),
	WARNED("dm_restrict", NO_MODEL),
	WARNED("device_model_user", NO_MODEL),
	WARNED("device_model_version", NO_MODEL),
	WARNED("device_model_override", NO_MODEL),
	WARNED("device_model_args", NO_MODEL),
	WARNED("device_model_args_pv", NO_MODEL),
	WARNED("device_model_args_hvm", NO_MODEL),
	WARNED("device_model_stubdomain_override", NO_MODEL),
	WARNED("device_model_stubdomain_seclabel", NO_MODEL),
	WARNED("stubdomain_kernel", NO_MODEL),
	WARNED("stubdomain_cmdline", NO_MODEL),
	WARNED("stubdomain_ramdisk", NO_MODEL),
	WARNED("stubdomain_memory", NO_MODEL),

	WARNED("acpi", NO_EFFECT_PV),
	WARNED("acpi_firmware", NO_EFFECT_PV),
	WARNED("acpi_laptop_slate", NO_EFFECT_PV),
	WARNED("acpi_s3", NO_EFFECT_PV),
	WARNED("acpi_s4", NO_EFFECT_PV),
	WARNED("altp2m", NO_EFFECT_PV),
	WARNED("altp2mhvm", NO_EFFECT_PV),
	WARNED("apic", NO_EFFECT_PV),
	WARNED("bios", NO_EFFECT_PV),
	WARNED("bios_path_override", NO_EFFECT_PV),
	WARNED("boot", NO_EFFECT_PV),
	WARNED("gic_version", NO_EFFECT_PV),
	WARNED("hap", NO_EFFECT_PV),
	WARNED("hdtype", NO_EFFECT_PV),
	WARNED("hpet", NO_EFFECT_PV),
	WARNED("mmio_hole", NO_EFFECT_PV),
	WARNED("ms_vm_genid", NO_EFFECT_PV),
	WARNED("nestedhvm", NO_EFFECT_PV),
	WARNED("nx", NO_EFFECT_PV),
	WARNED("oos", NO_EFFECT_PV),
	WARNED("pae", NO_EFFECT_PV),
	WARNED("serial", NO_EFFECT_PV),
	WARNED("shadow_memory", NO_EFFECT_PV),
	WARNED("smbios_firmware", NO_EFFECT_PV),
	WARNED("soundhw", NO_EFFECT_PV),
	WARNED("stdvga", NO_EFFECT_PV),
	WARNED("tee", NO_EFFECT_PV),
	WARNED("timer_mode", NO_EFFECT_PV),
	WARNED("usb", NO_EFFECT_PV),
	WARNED("usbdevice", NO_EFFECT_PV),
	WARNED("usbversion", NO_EFFECT_PV),
	WARNED("vendor_device", NO_EFFECT_PV),
	WARNED("vga", NO_EFFECT_PV),
	WARNED("videoram", NO_EFFECT_PV),
	WARNED("viridian", NO_EFFECT_PV),
	WARNED("vkb_device", NO_EFFECT_PV),
	WARNED("vpt_align", NO_EFFECT_PV),
	WARNED("vuart", NO_EFFECT_PV),
	WARNED("xen_platform_pci", NO_EFFECT_PV),
};
/* clang-format on */

const size_t xlcfg_rule_count = ARRAY_SIZE(xlcfg_rules);

const struct xlcfg_rule *xlcfg_rule_find(const char *key)
{
	for (size_t i = 0; i < xlcfg_rule_count; i++)
		if (strcmp(xlcfg_rules[i].key, key) == 0)
			return &xlcfg_rules[i];
	return NULL;
}
