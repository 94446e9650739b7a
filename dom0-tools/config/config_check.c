/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/config_check.c - what can be wrong with a configuration
 * whoever made it.  The words of a fault name no file and no format: readers add
 * the place, and what the field is called there.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/config/values.h"
#include "dom0-tools/lib/ip_addresses.h"
#include "dom0-tools/lib/nbd_address.h"

#define MEMORY_MIN_KIB	   (16u << 10)
#define MEMORY_MAX_KIB	   (16ull << 30) /* 16 TiB: what a PV guest's numbering reaches */
#define COMMAND_LINE_MAX   1023		 /* xen.h: start_info.cmd_line, MAX_GUEST_CMDLINE */
#define TITLE_MAX	   255
#define DESCRIPTION_MAX	   65535
#define DEVICES_MAX	   128
#define GRANT_FRAMES_MAX   4096
#define MAPTRACK_MAX	   65536
#define CHANNELS_MAX	   4095 /* event_channel.h, two-level ABI on 64 bits, without port 0 */
#define TIME_OFFSET_MAX	   (20ll * 365 * 86400)
#define INTERFACE_NAME_MAX 15 /* linux/if.h: IFNAMSIZ */

struct check {
	struct guest_config_fault *faults;
	size_t room, count;
};

static void __attribute__((format(printf, 4, 5)))
fault(struct check *check, enum guest_field field, size_t index, const char *format, ...)
{
	struct guest_config_fault *entry;
	va_list arguments;

	if (check->count++ >= check->room)
		return;
	entry = &check->faults[check->count - 1];
	entry->field = field;
	entry->index = index;
	va_start(arguments, format);
	vsnprintf(entry->text, sizeof(entry->text), format, arguments);
	va_end(arguments);
}

static bool has_control(const char *text, const char *allowed)
{
	for (; *text; text++) {
		if (((unsigned char)*text < 0x20 || *text == 0x7f) && !strchr(allowed, *text))
			return true;
		/* U+0080 to U+009f: terminals obey those too. */
		if ((unsigned char)*text == 0xc2 && ((unsigned char)text[1] & 0xe0) == 0x80)
			return true;
	}
	return false;
}

static void check_name(struct check *check, const struct guest_config *config)
{
	const char *name = config->name;

	if (!name || !*name)
		fault(check, GUEST_FIELD_NAME, 0, "a guest needs a name");
	else if (strlen(name) > GUEST_NAME_MAX)
		fault(check, GUEST_FIELD_NAME, 0, "a name has at most %d bytes, not %zu",
		      GUEST_NAME_MAX, strlen(name));
	else if (strchr(name, '/') || has_control(name, "") || name[0] == '.' || name[0] == '-')
		fault(check, GUEST_FIELD_NAME, 0,
		      "a name has no '/', no control characters, and begins with neither '.' nor "
		      "'-'");
	else if (name[0] == ' ' || name[strlen(name) - 1] == ' ')
		fault(check, GUEST_FIELD_NAME, 0, "a name neither begins nor ends with a blank");
	else if (strspn(name, "0123456789") == strlen(name))
		fault(check, GUEST_FIELD_NAME, 0,
		      "a name of digits would be taken for a domain's number: add a letter");
	else if (strcmp(name, "Domain-0") == 0)
		fault(check, GUEST_FIELD_NAME, 0, "Domain-0 is dom0's own name");
}

static void check_text(struct check *check, enum guest_field field, const char *text, size_t most)
{
	if (text && strlen(text) > most)
		fault(check, field, 0, "at most %zu bytes, not %zu", most, strlen(text));
	else if (text && has_control(text, "\t\n\r"))
		fault(check, field, 0, "control characters are not text");
}

static void check_path(struct check *check, enum guest_field field, size_t index, const char *what,
		       const char *path)
{
	if (!path)
		return;
	if (path[0] != '/')
		fault(check, field, index, "%s must be a path from the root, as in \"/boot/...\"",
		      what);
	else if (strlen(path) >= PATH_MAX)
		fault(check, field, index, "%s is a path of %zu bytes, at most %d are possible",
		      what, strlen(path), PATH_MAX - 1);
	else if (has_control(path, ""))
		fault(check, field, index, "%s has control characters", what);
	else if (path[strlen(path) - 1] == ' ')
		/* Domain XML has no way to say so: blanks around an element's text are layout. */
		fault(check, field, index, "%s ends with a blank", what);
}

static void check_memory(struct check *check, const struct guest_config *config)
{
	if (!config->memory_kib)
		fault(check, GUEST_FIELD_MEMORY, 0, "a guest needs memory, at least 16 MiB");
	else if (config->memory_kib < MEMORY_MIN_KIB)
		fault(check, GUEST_FIELD_MEMORY, 0, "%llu KiB is too little, at least 16 MiB",
		      (unsigned long long)config->memory_kib);
	else if (config->memory_max_kib < config->memory_kib)
		fault(check, GUEST_FIELD_MEMORY_MAX, 0,
		      "the most the guest may have, %llu KiB, is less than what it starts with, "
		      "%llu KiB",
		      (unsigned long long)config->memory_max_kib,
		      (unsigned long long)config->memory_kib);
	if (config->memory_kib % 4)
		fault(check, GUEST_FIELD_MEMORY, 0, "memory goes by pages of 4 KiB");
	if (config->memory_max_kib % 4)
		fault(check, GUEST_FIELD_MEMORY_MAX, 0, "memory goes by pages of 4 KiB");
	if (config->memory_max_kib > MEMORY_MAX_KIB)
		fault(check, GUEST_FIELD_MEMORY_MAX, 0, "at most 16 TiB");
}

static void check_vcpus(struct check *check, const struct guest_config *config)
{
	if (config->vcpus_max < 1 || config->vcpus_max > GUEST_VCPUS_MAX)
		fault(check, GUEST_FIELD_VCPUS_MAX, 0, "a guest has 1 to %d vCPUs, not %u",
		      GUEST_VCPUS_MAX, config->vcpus_max);
	if (config->vcpus < 1)
		fault(check, GUEST_FIELD_VCPUS, 0, "a guest starts with at least 1 vCPU");
	else if (config->vcpus > config->vcpus_max)
		fault(check, GUEST_FIELD_VCPUS, 0,
		      "%u vCPUs at the start are more than the guest has, %u", config->vcpus,
		      config->vcpus_max);
	if (config->vcpu_config_count > config->vcpus_max ||
	    config->vcpu_config_count > GUEST_VCPUS_MAX) {
		fault(check, GUEST_FIELD_VCPU, config->vcpus_max,
		      "vCPU %u is given CPUs, but the guest has only %u vCPUs",
		      config->vcpu_config_count - 1, config->vcpus_max);
		return;
	}
	for (uint32_t i = 0; i < config->vcpu_config_count; i++) {
		struct guest_cpu_set none = {0};

		if (config->vcpu[i].pinned &&
		    memcmp(&config->vcpu[i].cpus, &none, sizeof(none)) == 0)
			fault(check, GUEST_FIELD_VCPU, i, "vCPU %u has no CPU to run on", i);
	}
	if (config->weight < 1 || config->weight > 65535)
		fault(check, GUEST_FIELD_WEIGHT, 0, "a weight is 1 to 65535, not %u",
		      config->weight);
	if (config->cap > GUEST_VCPUS_MAX * 100)
		fault(check, GUEST_FIELD_CAP, 0, "a cap is at most %d per cent of one CPU, not %u",
		      GUEST_VCPUS_MAX * 100, config->cap);
}

static void check_boot(struct check *check, const struct guest_config *config)
{
	if (config->type != GUEST_PV)
		fault(check, GUEST_FIELD_TYPE, 0, "Enso runs PV guests; %s ones are not there yet",
		      guest_type_name(config->type));
	if (config->bootloader)
		fault(check, GUEST_FIELD_BOOTLOADER, 0,
		      "a program that reads the guest's disk in dom0 is not run: give as kernel "
		      "/usr/lib/grub-xen/grub-x86_64-xen.bin, which boots that disk from inside");
	else if (!config->kernel && config->type == GUEST_PV)
		fault(check, GUEST_FIELD_KERNEL, 0,
		      "a guest needs a kernel: a file of dom0, or "
		      "/usr/lib/grub-xen/grub-x86_64-xen.bin to boot the guest's own disk");
	check_path(check, GUEST_FIELD_KERNEL, 0, "the kernel", config->kernel);
	check_path(check, GUEST_FIELD_RAMDISK, 0, "the ramdisk", config->ramdisk);
	if (config->ramdisk && !config->kernel && !config->bootloader)
		fault(check, GUEST_FIELD_RAMDISK, 0, "a ramdisk without a kernel is no use");
	check_text(check, GUEST_FIELD_COMMAND_LINE, config->command_line, COMMAND_LINE_MAX);
}

static void check_numbers(struct check *check, const struct guest_config *config)
{
	if (config->max_grant_frames > GRANT_FRAMES_MAX)
		fault(check, GUEST_FIELD_GRANT_FRAMES, 0, "at most %d grant frames, not %u",
		      GRANT_FRAMES_MAX, config->max_grant_frames);
	if (config->max_maptrack_frames > MAPTRACK_MAX)
		fault(check, GUEST_FIELD_MAPTRACK_FRAMES, 0, "at most %d maptrack frames, not %u",
		      MAPTRACK_MAX, config->max_maptrack_frames);
	if (config->max_event_channels > CHANNELS_MAX)
		fault(check, GUEST_FIELD_EVENT_CHANNELS, 0, "at most %d event channels, not %u",
		      CHANNELS_MAX, config->max_event_channels);
	if (config->time_offset_seconds > TIME_OFFSET_MAX ||
	    config->time_offset_seconds < -TIME_OFFSET_MAX)
		fault(check, GUEST_FIELD_TIME_OFFSET, 0, "a clock more than 20 years off is none");
}

/* xvda, xvdb12, sda1, hdc: the letters of disks, then a partition's number. */
static bool is_disk_name(const char *name)
{
	size_t prefix = strncmp(name, "xvd", 3) == 0				     ? 3
			: strncmp(name, "sd", 2) == 0 || strncmp(name, "hd", 2) == 0 ? 2
										     : 0;
	size_t letters = strspn(name + prefix, "abcdefghijklmnopqrstuvwxyz");
	size_t digits = strspn(name + prefix + letters, "0123456789");

	return prefix && letters >= 1 && letters <= 2 && digits <= 3 &&
	       !name[prefix + letters + digits] && name[prefix + letters] != '0';
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static void check_disk_source(struct check *check, size_t index,
			      const struct guest_disk_config *disk)
{
	if (!disk->source && !disk->cdrom)
		fault(check, GUEST_FIELD_DISK, index,
		      "disk %s needs a source; only a CD-ROM drive may be empty", disk->target);
	if (disk->source && disk->backend == GUEST_DISK_NBD) {
		struct nbd_address nbd;

		if (!nbd_address_parse(disk->source, &nbd))
			fault(check, GUEST_FIELD_DISK, index,
			      "a network disk is \"nbd://HOST[:PORT]/NAME\" or "
			      "\"nbd+unix:///NAME?socket=/PATH\"");
	} else {
		check_path(check, GUEST_FIELD_DISK, index, "a disk's source", disk->source);
	}
	if (disk->driver == GUEST_DRIVER_KERNEL && disk->cdrom && !disk->source)
		fault(check, GUEST_FIELD_DISK, index,
		      "dom0's kernel has no empty drives: give %s a medium, or leave out the "
		      "driver",
		      disk->target);
	if (disk->driver == GUEST_DRIVER_KERNEL && disk->backend == GUEST_DISK_NBD)
		fault(check, GUEST_FIELD_DISK, index,
		      "dom0's kernel does not serve NBD addresses: leave out the driver");
	if (disk->driver == GUEST_DRIVER_KERNEL &&
	    (disk->iops_limit || disk->bytes_per_second_limit))
		fault(check, GUEST_FIELD_DISK, index,
		      "dom0's kernel does not limit a disk: leave out the driver");
	if (disk->driver == GUEST_DRIVER_KERNEL && disk->format && strcmp(disk->format, "raw"))
		fault(check, GUEST_FIELD_DISK, index,
		      "dom0's kernel serves raw disks, not %.16s: leave out the driver",
		      disk->format);
}

static void check_disk(struct check *check, const struct guest_config *config, size_t index)
{
	static const char *const formats[] = {"raw", "qcow2", "vhdx"};
	const struct guest_disk_config *disk = &config->disks[index];

	if (!disk->target || !is_disk_name(disk->target)) {
		fault(check, GUEST_FIELD_DISK, index,
		      "a disk needs a name in the guest, such as xvda or xvdb1");
		return;
	}
	for (size_t i = 0; i < index; i++)
		if (config->disks[i].target && strcmp(config->disks[i].target, disk->target) == 0)
			fault(check, GUEST_FIELD_DISK, index, "there is another disk called %s",
			      disk->target);
	if (disk->format && !is_one_of(disk->format, formats, ARRAY_SIZE(formats)))
		fault(check, GUEST_FIELD_DISK, index,
		      "format \"%.32s\" is not served: raw, qcow2 and vhdx are", disk->format);
	if (disk->sector_bytes && disk->sector_bytes != 512 && disk->sector_bytes != 4096)
		fault(check, GUEST_FIELD_DISK, index, "sectors have 512 or 4096 bytes, not %u",
		      disk->sector_bytes);
	if (disk->cdrom && !disk->read_only)
		fault(check, GUEST_FIELD_DISK, index, "a CD-ROM is read-only");
	check_disk_source(check, index, disk);
}

static void check_interface_name(struct check *check, size_t index, const char *what,
				 const char *name)
{
	if (!name)
		return;
	if (!*name || strlen(name) > INTERFACE_NAME_MAX || strpbrk(name, "/ \t:") ||
	    has_control(name, "") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		fault(check, GUEST_FIELD_NETWORK, index,
		      "%s is a network interface's name: 1 to %d characters without blanks, '/' "
		      "and ':'",
		      what, INTERFACE_NAME_MAX);
}

/* Enso makes links itself; of Xen's scripts one is the name of what it does. */
static void check_script(struct check *check, size_t index, const char *script)
{
	const char *name = script ? strrchr(script, '/') : NULL;

	name = name ? name + 1 : script;
	if (name && strcmp(name, "vif-bridge") != 0)
		fault(check, GUEST_FIELD_NETWORK, index,
		      "no scripts are run, vif-bridge is what Enso does itself; for a routed "
		      "network `enso network define NAME --no-nat`");
}

/* Where they are a filter they have to be right. */
static void check_addresses(struct check *check, size_t index,
			    const struct guest_network_config *network)
{
	struct ip_addresses addresses;

	if (!network->address)
		return;
	if (strlen(network->address) > 1024 || has_control(network->address, ""))
		fault(check, GUEST_FIELD_NETWORK, index, "this is no list of addresses");
	else if (network->spoof_check && !ip_addresses_parse(network->address, &addresses))
		fault(check, GUEST_FIELD_NETWORK, index,
		      "a filter needs up to %d addresses of hosts, IPv4 or IPv6, not \"%.60s\"",
		      IP_ADDRESSES_MOST, network->address);
}

static void check_network(struct check *check, const struct guest_config *config, size_t index)
{
	const struct guest_network_config *network = &config->networks[index];
	static const uint8_t none[6];

	if (network->mac[0] & 1)
		fault(check, GUEST_FIELD_NETWORK, index,
		      "a mac of one interface is even in its first byte: this one is of a group");
	if (memcmp(network->mac, none, sizeof(none)) == 0)
		fault(check, GUEST_FIELD_NETWORK, index, "a mac of zeros is none");
	for (size_t i = 0; i < index; i++)
		if (memcmp(config->networks[i].mac, network->mac, sizeof(network->mac)) == 0)
			fault(check, GUEST_FIELD_NETWORK, index,
			      "network interface %zu has this mac already", i);
	if (network->mtu && (network->mtu < 68 || network->mtu > 65521))
		fault(check, GUEST_FIELD_NETWORK, index, "an mtu is 68 to 65521, not %u",
		      network->mtu);
	if (network->vlan > 4094)
		fault(check, GUEST_FIELD_NETWORK, index, "a VLAN is 1 to 4094, not %u",
		      network->vlan);
	if (network->queues > GUEST_VCPUS_MAX)
		fault(check, GUEST_FIELD_NETWORK, index, "at most %d queues, not %u",
		      GUEST_VCPUS_MAX, network->queues);
	if (network->driver == GUEST_DRIVER_KERNEL &&
	    (network->vlan || network->spoof_check || network->queues))
		fault(check, GUEST_FIELD_NETWORK, index,
		      "dom0's kernel takes no VLAN, filters nothing, and is not told a number of "
		      "queues: leave out the driver");
	if (network->bridge && network->network)
		fault(check, GUEST_FIELD_NETWORK, index, "either a bridge or a network, not both");
	check_interface_name(check, index, "a bridge", network->bridge);
	check_interface_name(check, index, "the name in dom0", network->device);
	check_script(check, index, network->script);
	if (network->network &&
	    (!*network->network || strlen(network->network) > GUEST_NAME_MAX ||
	     strchr(network->network, '/') || has_control(network->network, "")))
		fault(check, GUEST_FIELD_NETWORK, index,
		      "a network's name has 1 to %d bytes and no '/'", GUEST_NAME_MAX);
	check_addresses(check, index, network);
}

size_t guest_config_check(const struct guest_config *config, struct guest_config_fault *faults,
			  size_t room)
{
	struct check check = {.faults = faults, .room = room};

	check_name(&check, config);
	check_text(&check, GUEST_FIELD_TITLE, config->title, TITLE_MAX);
	check_text(&check, GUEST_FIELD_DESCRIPTION, config->description, DESCRIPTION_MAX);
	check_memory(&check, config);
	check_vcpus(&check, config);
	check_boot(&check, config);
	check_numbers(&check, config);
	if (config->disk_count > DEVICES_MAX)
		fault(&check, GUEST_FIELD_DISK, DEVICES_MAX, "at most %d disks", DEVICES_MAX);
	for (size_t i = 0; i < MIN(config->disk_count, DEVICES_MAX); i++)
		check_disk(&check, config, i);
	if (config->network_count > DEVICES_MAX)
		fault(&check, GUEST_FIELD_NETWORK, DEVICES_MAX, "at most %d network interfaces",
		      DEVICES_MAX);
	for (size_t i = 0; i < MIN(config->network_count, DEVICES_MAX); i++)
		check_network(&check, config, i);
	return check.count;
}

const char *guest_field_name(enum guest_field field)
{
	static const char *const names[GUEST_FIELDS] = {
		[GUEST_FIELD_NAME] = "name",
		[GUEST_FIELD_UUID] = "uuid",
		[GUEST_FIELD_TITLE] = "title",
		[GUEST_FIELD_DESCRIPTION] = "description",
		[GUEST_FIELD_TYPE] = "type",
		[GUEST_FIELD_MEMORY] = "memory",
		[GUEST_FIELD_MEMORY_MAX] = "memory_max",
		[GUEST_FIELD_VCPUS] = "vcpus",
		[GUEST_FIELD_VCPUS_MAX] = "vcpus_max",
		[GUEST_FIELD_VCPU] = "vcpu",
		[GUEST_FIELD_WEIGHT] = "weight",
		[GUEST_FIELD_CAP] = "cap",
		[GUEST_FIELD_KERNEL] = "kernel",
		[GUEST_FIELD_RAMDISK] = "ramdisk",
		[GUEST_FIELD_COMMAND_LINE] = "command_line",
		[GUEST_FIELD_BOOTLOADER] = "bootloader",
		[GUEST_FIELD_TIME_OFFSET] = "time_offset_seconds",
		[GUEST_FIELD_GRANT_FRAMES] = "max_grant_frames",
		[GUEST_FIELD_MAPTRACK_FRAMES] = "max_maptrack_frames",
		[GUEST_FIELD_EVENT_CHANNELS] = "max_event_channels",
		[GUEST_FIELD_DISK] = "disks",
		[GUEST_FIELD_NETWORK] = "networks",
	};

	return field < GUEST_FIELDS ? names[field] : "?";
}
