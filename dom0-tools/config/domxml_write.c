/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/domxml_write.c - a configuration as libvirt's domain XML, in
 * the order and with the words of `virsh dumpxml`.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/values.h"
#include "dom0-tools/lib/nbd_address.h"

struct writer {
	FILE *out;
	bool unwritable; /* XML has no way to say a character of the configuration */
};

/* Text as XML takes it: also blanks that a parser would make others of. */
static void put_text(struct writer *writer, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", writer->out);
		else if (c == '<')
			fputs("&lt;", writer->out);
		else if (c == '>')
			fputs("&gt;", writer->out);
		else if (c == '\'')
			fputs("&apos;", writer->out);
		else if (c == '\t' || c == '\n' || c == '\r')
			fprintf(writer->out, "&#%d;", c);
		else if (c < 0x20)
			writer->unwritable = true;
		else
			putc(c, writer->out);
	}
}

/*
 * A line of XML: a "%" of the format is the next text, a "#" the next uint64_t;
 * all else stands for itself.
 */
static void put(struct writer *writer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	for (; *format; format++) {
		if (*format == '%')
			put_text(writer, va_arg(arguments, const char *));
		else if (*format == '#')
			fprintf(writer->out, "%llu",
				(unsigned long long)va_arg(arguments, uint64_t));
		else
			putc(*format, writer->out);
	}
	va_end(arguments);
}

static void put_element(struct writer *writer, const char *indent, const char *name,
			const char *text)
{
	if (text)
		put(writer, "%<%>%</%>\n", indent, name, text, name);
}

static void put_head(struct writer *writer, const struct guest_config *config)
{
	char uuid[GUEST_UUID_TEXT];

	guest_uuid_print(config->uuid, uuid);
	put_element(writer, "  ", "name", config->name);
	put_element(writer, "  ", "uuid", uuid);
	put_element(writer, "  ", "title", config->title);
	put_element(writer, "  ", "description", config->description);
	if (config->on_watchdog != GUEST_ACTION_DESTROY || config->max_maptrack_frames) {
		put(writer, "  <metadata>\n    <enso:guest xmlns:enso='%'>\n", DOMXML_NAMESPACE);
		if (config->on_watchdog != GUEST_ACTION_DESTROY)
			put_element(writer, "      ", "enso:on_watchdog",
				    guest_action_name(config->on_watchdog));
		if (config->max_maptrack_frames)
			put(writer,
			    "      <enso:max_maptrack_frames>#</enso:max_maptrack_frames>\n",
			    (uint64_t)config->max_maptrack_frames);
		put(writer, "    </enso:guest>\n  </metadata>\n");
	}
	put(writer, "  <memory unit='KiB'>#</memory>\n", config->memory_max_kib);
	put(writer, "  <currentMemory unit='KiB'>#</currentMemory>\n", config->memory_kib);
}

/* Whether every vCPU is pinned, and to the same CPUs. */
static bool pinned_alike(const struct guest_config *config)
{
	if (config->vcpu_config_count < config->vcpus_max)
		return false;
	for (uint32_t i = 0; i < config->vcpu_config_count; i++)
		if (!config->vcpu[i].pinned || memcmp(&config->vcpu[i].cpus, &config->vcpu[0].cpus,
						      sizeof(config->vcpu[i].cpus)) != 0)
			return false;
	return config->vcpu_config_count > 0;
}

static void put_pins(struct writer *writer, const struct guest_config *config)
{
	char cpus[GUEST_CPU_SET_TEXT];

	for (uint32_t i = 0; i < config->vcpu_config_count; i++) {
		if (!config->vcpu[i].pinned)
			continue;
		guest_cpu_set_print(&config->vcpu[i].cpus, cpus, sizeof(cpus));
		put(writer, "    <vcpupin vcpu='#' cpuset='%'/>\n", (uint64_t)i, cpus);
	}
}

static bool any_pinned(const struct guest_config *config)
{
	for (uint32_t i = 0; i < config->vcpu_config_count; i++)
		if (config->vcpu[i].pinned)
			return true;
	return false;
}

static void put_vcpus(struct writer *writer, const struct guest_config *config)
{
	bool alike = pinned_alike(config), pins = !alike && any_pinned(config);
	char cpus[GUEST_CPU_SET_TEXT];

	put(writer, "  <vcpu placement='static'");
	if (alike) {
		guest_cpu_set_print(&config->vcpu[0].cpus, cpus, sizeof(cpus));
		put(writer, " cpuset='%'", cpus);
	}
	if (config->vcpus != config->vcpus_max)
		put(writer, " current='#'", (uint64_t)config->vcpus);
	put(writer, ">#</vcpu>\n", (uint64_t)config->vcpus_max);
	if (config->weight == 256 && !config->cap && !pins)
		return;
	put(writer, "  <cputune>\n");
	if (config->weight != 256)
		put(writer, "    <shares>#</shares>\n", (uint64_t)config->weight);
	if (config->cap)
		put(writer,
		    "    <global_period>100000</global_period>\n"
		    "    <global_quota>#</global_quota>\n",
		    (uint64_t)config->cap * 1000);
	if (pins)
		put_pins(writer, config);
	put(writer, "  </cputune>\n");
}

static void put_boot(struct writer *writer, const struct guest_config *config)
{
	static const char *const machines[] = {"xenpv", "xenpvh", "xenfv"};
	static const char *const types[] = {"linux", "xenpvh", "hvm"};

	put_element(writer, "  ", "bootloader", config->bootloader);
	put(writer, "  <os>\n    <type arch='x86_64' machine='%'>%</type>\n",
	    machines[config->type], types[config->type]);
	put_element(writer, "    ", "kernel", config->kernel);
	put_element(writer, "    ", "initrd", config->ramdisk);
	put_element(writer, "    ", "cmdline", config->command_line);
	put(writer, "  </os>\n");
	if (config->time_offset_seconds) {
		char seconds[24];

		snprintf(seconds, sizeof(seconds), "%lld", (long long)config->time_offset_seconds);
		put(writer, "  <clock offset='variable' adjustment='%' basis='utc'/>\n", seconds);
	} else {
		put(writer, "  <clock offset='utc' adjustment='reset'/>\n");
	}
	put_element(writer, "  ", "on_poweroff", guest_action_name(config->on_poweroff));
	put_element(writer, "  ", "on_reboot", guest_action_name(config->on_reboot));
	put_element(writer, "  ", "on_crash", guest_action_name(config->on_crash));
}

static void put_nbd_source(struct writer *writer, const char *address)
{
	struct nbd_address nbd;

	if (!nbd_address_parse(address, &nbd)) {
		writer->unwritable = true;
		return;
	}
	put(writer, "      <source protocol='nbd' name='%'>\n        <host", nbd.name);
	if (nbd.local)
		put(writer, " transport='unix' socket='%'", nbd.socket);
	else
		put(writer, " name='%'", nbd.host);
	if (nbd.port[0])
		put(writer, " port='%'", nbd.port);
	put(writer, "/>\n      </source>\n");
}

static void put_disk_driver(struct writer *writer, const struct guest_disk_config *disk)
{
	static const char *const names[] = {NULL, "enso", "phy"};
	const char *name = names[disk->driver];

	if (!name && !disk->format && !disk->no_discard)
		return;
	put(writer, "      <driver");
	if (name)
		put(writer, " name='%'", name);
	if (disk->format)
		put(writer, " type='%'", disk->format);
	if (disk->no_discard)
		put(writer, " discard='ignore'");
	put(writer, "/>\n");
}

static void put_iotune(struct writer *writer, const struct guest_disk_config *disk)
{
	if (!disk->bytes_per_second_limit && !disk->iops_limit)
		return;
	put(writer, "      <iotune>\n");
	if (disk->bytes_per_second_limit)
		put(writer, "        <total_bytes_sec>#</total_bytes_sec>\n",
		    disk->bytes_per_second_limit);
	if (disk->iops_limit)
		put(writer, "        <total_iops_sec>#</total_iops_sec>\n", disk->iops_limit);
	put(writer, "      </iotune>\n");
}

static void put_disk(struct writer *writer, const struct guest_disk_config *disk)
{
	static const char *const types[] = {"file", "block", "network"};

	put(writer, "    <disk type='%' device='%'>\n", types[disk->backend],
	    disk->cdrom ? "cdrom" : "disk");
	put_disk_driver(writer, disk);
	if (disk->source && disk->backend == GUEST_DISK_NBD)
		put_nbd_source(writer, disk->source);
	else if (disk->source)
		put(writer, "      <source %='%'/>\n",
		    disk->backend == GUEST_DISK_FILE ? "file" : "dev", disk->source);
	if (disk->target)
		put(writer, "      <target dev='%' bus='xen'/>\n", disk->target);
	put_iotune(writer, disk);
	if (disk->sector_bytes)
		put(writer, "      <blockio logical_block_size='#'/>\n",
		    (uint64_t)disk->sector_bytes);
	if (disk->read_only)
		put(writer, "      <readonly/>\n");
	if (disk->shareable)
		put(writer, "      <shareable/>\n");
	put(writer, "    </disk>\n");
}

static void put_addresses(struct writer *writer, const char *addresses)
{
	while (addresses && *addresses) {
		size_t length = strcspn(addresses, " ");
		char address[64];

		snprintf(address, sizeof(address), "%.*s", (int)length, addresses);
		if (length >= sizeof(address))
			writer->unwritable = true;
		if (length)
			put(writer, "      <ip address='%' family='%'/>\n", address,
			    strchr(address, ':') ? "ipv6" : "ipv4");
		addresses += length + (addresses[length] == ' ');
	}
}

static void put_network_driver(struct writer *writer, const struct guest_network_config *network)
{
	static const char *const names[] = {NULL, "qemu", "vhost"};
	const char *name = names[network->driver];

	if (!name && !network->queues)
		return;
	put(writer, "      <driver");
	if (name)
		put(writer, " name='%'", name);
	if (network->queues)
		put(writer, " queues='#'", (uint64_t)network->queues);
	put(writer, "/>\n");
}

static void put_network(struct writer *writer, const struct guest_network_config *network)
{
	const char *name = guest_network_name(network);
	char mac[GUEST_MAC_TEXT];

	put(writer, "    <interface type='%'>\n", name ? "network" : "bridge");
	guest_mac_print(network->mac, mac);
	/* A mac that was made is made again, the same, from the uuid. */
	if (network->mac_given)
		put(writer, "      <mac address='%'/>\n", mac);
	if (name)
		put(writer, "      <source network='%'/>\n", name);
	else
		put(writer, "      <source bridge='%'/>\n", network->bridge);
	put_addresses(writer, network->address);
	if (network->script)
		put(writer, "      <script path='%'/>\n", network->script);
	if (network->device)
		put(writer, "      <target dev='%'/>\n", network->device);
	if (network->model)
		put(writer, "      <model type='%'/>\n", network->model);
	put_network_driver(writer, network);
	if (network->bytes_per_second_limit)
		put(writer,
		    "      <bandwidth>\n        <outbound average='#'/>\n      </bandwidth>\n",
		    (network->bytes_per_second_limit + 1023) >> 10);
	if (network->spoof_check)
		put(writer, "      <filterref filter='clean-traffic'/>\n");
	if (network->vlan)
		put(writer, "      <vlan>\n        <tag id='#'/>\n      </vlan>\n",
		    (uint64_t)network->vlan);
	if (network->mtu)
		put(writer, "      <mtu size='#'/>\n", (uint64_t)network->mtu);
	put(writer, "    </interface>\n");
}

static void put_devices(struct writer *writer, const struct guest_config *config)
{
	put(writer, "  <devices>\n");
	for (size_t i = 0; i < config->disk_count; i++)
		put_disk(writer, &config->disks[i]);
	if (config->max_grant_frames || config->max_event_channels) {
		put(writer, "    <controller type='xenbus' index='0'");
		if (config->max_grant_frames)
			put(writer, " maxGrantFrames='#'", (uint64_t)config->max_grant_frames);
		if (config->max_event_channels)
			put(writer, " maxEventChannels='#'", (uint64_t)config->max_event_channels);
		put(writer, "/>\n");
	}
	for (size_t i = 0; i < config->network_count; i++)
		put_network(writer, &config->networks[i]);
	put(writer, "    <console type='pty'>\n      <target type='xen' port='0'/>\n"
		    "    </console>\n    <memballoon model='xen'/>\n  </devices>\n");
}

static int write_domain(const struct guest_config *config, const char *id_attribute, FILE *out,
			struct failure *failure)
{
	struct writer writer = {.out = out};

	fprintf(out, "<domain type='xen'%s>\n", id_attribute);
	put_head(&writer, config);
	put_vcpus(&writer, config);
	put_boot(&writer, config);
	put_devices(&writer, config);
	put(&writer, "</domain>\n");
	if (writer.unwritable)
		return failure_set(failure, EINVAL, config->name ? config->name : "guest", NULL,
				   "its configuration has characters that XML cannot carry");
	if (fflush(out) || ferror(out))
		return failure_set(failure, EIO, config->name ? config->name : "guest", NULL,
				   "its XML could not be written: %m");
	return 0;
}

int domxml_write(const struct guest_config *config, FILE *out, struct failure *failure)
{
	return write_domain(config, "", out, failure);
}

int domxml_write_running(const struct guest_config *config, unsigned int domain_id, FILE *out,
			 struct failure *failure)
{
	char attribute[32];

	snprintf(attribute, sizeof(attribute), " id='%u'", domain_id);
	return write_domain(config, attribute, out, failure);
}
