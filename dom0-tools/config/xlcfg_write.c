/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xlcfg_write.c - a configuration as xl.cfg, for `enso convert`.
 * What xl.cfg has no word for is told, not left out in silence.
 */
#include <errno.h>
#include <string.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/config/xlcfg.h"

struct writer {
	FILE *out;
	struct diagnostics *lost;
};

static void __attribute__((format(printf, 3, 4)))
lose(struct writer *writer, const char *what, const char *format, ...)
{
	char text[DIAGNOSTIC_TEXT];
	va_list arguments;

	if (!writer->lost)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	diagnostics_add(writer->lost, SEVERITY_WARNING, "xl.cfg", (struct place){0, 0}, what, "%s",
			text);
}

/* A string's contents; what a backslash and a letter can say is said so. */
static void put_contents(struct writer *writer, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(writer->out, "\\%c", c);
		else if (c == '\t' || c == '\n' || c == '\r')
			fprintf(writer->out, "\\%c", c == '\t' ? 't' : c == '\n' ? 'n' : 'r');
		else if (c < 0x20 || c == 0x7f)
			fprintf(writer->out, "\\x%02x", c);
		else
			putc(c, writer->out);
	}
}

static void put_string(struct writer *writer, const char *key, const char *text)
{
	if (!text)
		return;
	fprintf(writer->out, "%s = \"", key);
	put_contents(writer, text);
	fputs("\"\n", writer->out);
}

static void put_number(struct writer *writer, const char *key, uint64_t number)
{
	fprintf(writer->out, "%s = %llu\n", key, (unsigned long long)number);
}

/* xl counts memory in MiB: what is over is given to the guest, and told. */
static void put_memory(struct writer *writer, const char *key, uint64_t kib)
{
	if (kib % 1024)
		lose(writer, key, "%llu KiB are rounded up to whole MiB", (unsigned long long)kib);
	put_number(writer, key, (kib + 1023) / 1024);
}

static void put_cpus(struct writer *writer, const struct guest_config *config)
{
	char cpus[GUEST_CPU_SET_TEXT];
	uint32_t last = config->vcpu_config_count;

	while (last && !config->vcpu[last - 1].pinned)
		last--;
	if (!last)
		return;
	fputs("cpus = [ ", writer->out);
	for (uint32_t i = 0; i < last; i++) {
		if (config->vcpu[i].pinned)
			guest_cpu_set_print(&config->vcpu[i].cpus, cpus, sizeof(cpus));
		else
			snprintf(cpus, sizeof(cpus), "all");
		fprintf(writer->out, "%s\"%s\"", i ? ", " : "", cpus);
	}
	fputs(" ]\n", writer->out);
}

static void put_head(struct writer *writer, const struct guest_config *config)
{
	char uuid[GUEST_UUID_TEXT];

	guest_uuid_print(config->uuid, uuid);
	put_string(writer, "name", config->name);
	put_string(writer, "uuid", uuid);
	put_string(writer, "type", guest_type_name(config->type));
	if (config->title)
		lose(writer, "title", "xl.cfg has no place for it");
	if (config->description)
		lose(writer, "description", "xl.cfg has no place for it");
	put_memory(writer, "memory", config->memory_kib);
	put_memory(writer, "maxmem", config->memory_max_kib);
	put_number(writer, "vcpus", config->vcpus);
	put_number(writer, "maxvcpus", config->vcpus_max);
	put_cpus(writer, config);
	if (config->weight != 256)
		put_number(writer, "cpu_weight", config->weight);
	if (config->cap)
		put_number(writer, "cap", config->cap);
}

static void put_rest(struct writer *writer, const struct guest_config *config)
{
	put_string(writer, "kernel", config->kernel);
	put_string(writer, "ramdisk", config->ramdisk);
	put_string(writer, "cmdline", config->command_line);
	put_string(writer, "bootloader", config->bootloader);
	put_string(writer, "on_poweroff", guest_action_name(config->on_poweroff));
	put_string(writer, "on_reboot", guest_action_name(config->on_reboot));
	put_string(writer, "on_crash", guest_action_name(config->on_crash));
	put_string(writer, "on_watchdog", guest_action_name(config->on_watchdog));
	/* In quotes: xl reads no sign outside of them. */
	if (config->time_offset_seconds)
		fprintf(writer->out, "rtc_timeoffset = \"%lld\"\n",
			(long long)config->time_offset_seconds);
	if (config->max_grant_frames)
		put_number(writer, "max_grant_frames", config->max_grant_frames);
	if (config->max_maptrack_frames)
		put_number(writer, "max_maptrack_frames", config->max_maptrack_frames);
	if (config->max_event_channels)
		put_number(writer, "max_event_channels", config->max_event_channels);
}

static void lose_disk_parts(struct writer *writer, const struct guest_disk_config *disk)
{
	const char *name = disk->target ? disk->target : "disk";
	bool in_dev = disk->source && strncmp(disk->source, "/dev/", 5) == 0;

	if (disk->iops_limit || disk->bytes_per_second_limit)
		lose(writer, name, "xl.cfg has no limits for disks");
	if (disk->sector_bytes)
		lose(writer, name, "xl.cfg has no sector sizes");
	if (disk->shareable)
		lose(writer, name, "\"w!\", for several writers, is not in xl's manual");
	if (disk->driver == GUEST_DRIVER_ENSO)
		lose(writer, name, "\"backendtype=enso\" is not for xl");
	if (disk->backend == GUEST_DISK_NBD)
		lose(writer, name, "\"target=nbd...\" is not for xl");
	else if (disk->source && in_dev != (disk->backend == GUEST_DISK_BLOCK))
		lose(writer, name, "xl.cfg tells files and devices apart by /dev/ alone");
}

static void put_disk(struct writer *writer, const struct guest_disk_config *disk)
{
	FILE *out = writer->out;

	lose_disk_parts(writer, disk);
	fprintf(out, "  \"vdev=%s, access=%s", disk->target ? disk->target : "",
		disk->shareable	  ? "w!"
		: disk->read_only ? "ro"
				  : "rw");
	if (disk->format) {
		fputs(", format=", out);
		put_contents(writer, disk->format);
	}
	if (disk->cdrom)
		fputs(", devtype=cdrom", out);
	if (disk->no_discard)
		fputs(", no-discard", out);
	if (disk->driver != GUEST_DRIVER_DEFAULT)
		fprintf(out, ", backendtype=%s",
			disk->driver == GUEST_DRIVER_KERNEL ? "phy" : "enso");
	if (disk->source) {
		fputs(", target=", out);
		put_contents(writer, disk->source);
	}
	fputs("\",\n", out);
}

static void put_vif_word(struct writer *writer, const char *key, const char *value)
{
	if (!value)
		return;
	if (strchr(value, ',')) {
		lose(writer, "vif", "%s has a comma, which xl.cfg cannot say", key);
		return;
	}
	fprintf(writer->out, ", %s=", key);
	put_contents(writer, value);
}

static void put_network(struct writer *writer, const struct guest_network_config *network)
{
	char mac[GUEST_MAC_TEXT];

	if (network->network && strcmp(network->network, GUEST_NETWORK_DEFAULT) != 0)
		lose(writer, "vif", "network \"%.60s\": xl.cfg knows bridges only",
		     network->network);
	if (network->vlan || network->queues || network->spoof_check)
		lose(writer, "vif", "xl.cfg has no VLANs, queues and filters");
	if (network->driver != GUEST_DRIVER_DEFAULT)
		lose(writer, "vif", "xl.cfg does not choose who serves an interface");
	guest_mac_print(network->mac, mac);
	fprintf(writer->out, "  \"mac=%s", mac);
	put_vif_word(writer, "bridge", network->bridge);
	put_vif_word(writer, "script", network->script);
	put_vif_word(writer, "ip", network->address);
	put_vif_word(writer, "vifname", network->device);
	if (network->mtu)
		fprintf(writer->out, ", mtu=%u", network->mtu);
	if (network->bytes_per_second_limit)
		fprintf(writer->out, ", rate=%lluB/s",
			(unsigned long long)network->bytes_per_second_limit);
	fputs("\",\n", writer->out);
}

int xlcfg_write(const struct guest_config *config, FILE *out, struct diagnostics *lost,
		struct failure *failure)
{
	struct writer writer = {.out = out, .lost = lost};

	put_head(&writer, config);
	put_rest(&writer, config);
	if (config->disk_count)
		fputs("disk = [\n", out);
	for (size_t i = 0; i < config->disk_count; i++)
		put_disk(&writer, &config->disks[i]);
	if (config->disk_count)
		fputs("]\n", out);
	if (config->network_count)
		fputs("vif = [\n", out);
	for (size_t i = 0; i < config->network_count; i++)
		put_network(&writer, &config->networks[i]);
	if (config->network_count)
		fputs("]\n", out);
	if (fflush(out) || ferror(out))
		return failure_set(failure, EIO, config->name ? config->name : "guest", NULL,
				   "its xl.cfg could not be written: %m");
	return 0;
}
