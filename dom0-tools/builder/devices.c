/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/devices.c - devices.h says what it is for.
 *
 * The nodes are those that Linux' frontends and backends read, and for Enso's own
 * backends further ones, which the kernel's do not look at.
 */
#include "dom0-tools/builder/devices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "dom0-tools/config/values.h"

/* Majors that Linux gave to disks long ago: IDE's first two, SCSI's, Xen's. */
#define MAJOR_IDE0 3
#define MAJOR_IDE1 22
#define MAJOR_SCSI 8
#define MAJOR_XEN  202
/* A number of the later form: many disks, each with many partitions. */
#define NUMBER_EXTENDED (1u << 28)

const char *device_backend_folder(enum device_class class, bool by_kernel)
{
	static const char *const folders[DEVICE_CLASSES][2] = {
		[DEVICE_DISK] = {"enso-vbd", "vbd"},
		[DEVICE_NETWORK] = {"enso-vif", "vif"},
	};

	return folders[class][by_kernel];
}

void device_back_path(char path[DEVICE_PATH], const struct device *device)
{
	snprintf(path, DEVICE_PATH, "/local/domain/0/backend/%s/%u/%u",
		 device_backend_folder(device->class, device->by_kernel), device->domid,
		 device->number);
}

void device_front_path(char path[DEVICE_PATH], const struct device *device)
{
	snprintf(path, DEVICE_PATH, "/local/domain/%u/device/%s/%u", device->domid,
		 device_backend_folder(device->class, true), device->number);
}

/* ---- a disk's number --------------------------------------------------------- */

/* a, b, ... z, aa, ab, ... */
static bool read_disk_letters(const char **text, uint32_t *disk)
{
	uint32_t number = 0;
	int letters = 0;

	while (**text >= 'a' && **text <= 'z' && letters < 4) {
		number = number * 26 + (uint32_t)(**text - 'a') + 1;
		letters++;
		(*text)++;
	}
	*disk = number - 1;
	return letters > 0;
}

/* Nothing, or 1 to 255 without zeros in front. */
static bool read_partition(const char *text, uint32_t *partition)
{
	*partition = 0;
	if (!*text)
		return true;
	if (*text == '0' || strlen(text) > 3 || text[strspn(text, "0123456789")])
		return false;
	*partition = (uint32_t)strtoul(text, NULL, 10);
	return *partition <= 255;
}

static bool number_of_xen(uint32_t disk, uint32_t partition, uint32_t *number)
{
	if (disk >= 1u << 20)
		return false;
	if (disk < 16 && partition < 16)
		*number = MAJOR_XEN << 8 | disk << 4 | partition;
	else
		*number = NUMBER_EXTENDED | disk << 8 | partition;
	return true;
}

bool device_number_of_target(const char *target, uint32_t *number)
{
	bool is_xen = !strncmp(target, "xvd", 3);
	bool is_scsi = !strncmp(target, "sd", 2), is_ide = !strncmp(target, "hd", 2);
	const char *rest = target + (is_xen ? 3 : 2);
	uint32_t disk, partition;

	if ((!is_xen && !is_scsi && !is_ide) || !read_disk_letters(&rest, &disk) ||
	    !read_partition(rest, &partition))
		return false;
	if (is_xen)
		return number_of_xen(disk, partition, number);
	if (is_scsi) {
		*number = MAJOR_SCSI << 8 | disk << 4 | partition;
		return disk < 16 && partition < 16;
	}
	*number = (disk < 2 ? MAJOR_IDE0 : MAJOR_IDE1) << 8 | (disk & 1) << 6 | partition;
	return disk < 4 && partition < 64;
}

bool device_of_disk(const struct guest_disk_config *disk, uint16_t domid, struct device *device)
{
	*device = (struct device){
		.class = DEVICE_DISK,
		.by_kernel = disk->driver == GUEST_DRIVER_KERNEL,
		.domid = domid,
	};
	return disk->target && device_number_of_target(disk->target, &device->number);
}

void device_of_network(const struct guest_network_config *network, uint16_t domid, uint32_t handle,
		       struct device *device)
{
	*device = (struct device){
		.class = DEVICE_NETWORK,
		.by_kernel = network->driver == GUEST_DRIVER_KERNEL,
		.domid = domid,
		.number = handle,
	};
}

void device_link_name(const struct guest_network_config *network, const struct device *device,
		      char name[16])
{
	if (network->device)
		snprintf(name, 16, "%.15s", network->device);
	else
		snprintf(name, 16, "vif%u.%u", device->domid, device->number % 1000000);
}

/* ---- nodes -------------------------------------------------------------------- */

struct list {
	struct device_node *nodes;
	size_t *count;
	bool out_of_memory;
};

__attribute__((format(printf, 3, 4))) static void add(struct list *list, const char *name,
						      const char *format, ...)
{
	struct device_node *node = &list->nodes[*list->count];
	va_list arguments;

	if (*list->count == DEVICE_NODES) {
		list->out_of_memory = true;
		return;
	}
	va_start(arguments, format);
	if (vasprintf(&node->value, format, arguments) < 0) {
		node->value = NULL;
		list->out_of_memory = true;
	} else {
		node->name = name;
		++*list->count;
	}
	va_end(arguments);
}

static void begin(struct device_nodes *nodes, const struct device *device, struct list *front,
		  struct list *back)
{
	char front_path[DEVICE_PATH], back_path[DEVICE_PATH];

	memset(nodes, 0, sizeof(*nodes));
	nodes->device = *device;
	*front = (struct list){nodes->front, &nodes->front_count, false};
	*back = (struct list){nodes->back, &nodes->back_count, false};
	device_front_path(front_path, device);
	device_back_path(back_path, device);
	add(front, "backend", "%s", back_path);
	add(front, "backend-id", "0");
	add(front, "state", "%d", XenbusStateInitialising);
	/* dom0 is: guests need no bounce buffers against it. */
	add(front, "trusted", "1");
	add(back, "frontend", "%s", front_path);
	add(back, "frontend-id", "%u", device->domid);
	add(back, "online", "1");
	add(back, "state", "%d", XenbusStateInitialising);
}

static int end(const struct list *front, const struct list *back)
{
	return front->out_of_memory || back->out_of_memory ? -ENOMEM : 0;
}

int device_nodes_of_disk(struct device_nodes *nodes, const struct device *device,
			 const struct guest_disk_config *disk, const struct device_medium *medium)
{
	const char *type = disk->cdrom ? "cdrom" : "disk";
	struct list front, back;

	begin(nodes, device, &front, &back);
	add(&front, "virtual-device", "%u", device->number);
	add(&front, "device-type", "%s", type);
	add(&back, "dev", "%s", disk->target);
	add(&back, "type", "%s", medium->is_block ? "phy" : "file");
	add(&back, "mode", "%s", disk->read_only ? "r" : "w");
	add(&back, "device-type", "%s", type);
	add(&back, "params", "%s", disk->source ? disk->source : "");
	if (disk->format && !device->by_kernel)
		add(&back, "format", "%s", disk->format);
	add(&back, "removable", "%d", disk->cdrom);
	add(&back, "bootable", "1");
	add(&back, "discard-enable", "%d", !disk->no_discard && !disk->read_only);
	add(&back, "sector-size", "%u", disk->sector_bytes);
	add(&back, "iops-limit", "%" PRIu64, disk->iops_limit);
	add(&back, "bytes-per-second-limit", "%" PRIu64, disk->bytes_per_second_limit);
	if (disk->shareable)
		add(&back, "shareable", "1");
	if (device->by_kernel)
		add(&back, "physical-device", "%x:%x", medium->major_number, medium->minor_number);
	return end(&front, &back);
}

/* "BYTES,MICROSECONDS": what the kernel's backend may let through in each such while. */
static void add_rate(struct list *back, uint64_t bytes_per_second)
{
	const uint64_t interval = 50000;

	add(back, "rate", "%" PRIu64 ",%" PRIu64, MAX(bytes_per_second / (1000000 / interval), 1ul),
	    interval);
}

int device_nodes_of_network(struct device_nodes *nodes, const struct device *device,
			    const struct guest_network_config *network,
			    const struct device_link *link)
{
	char mac[GUEST_MAC_TEXT];
	struct list front, back;

	guest_mac_print(network->mac, mac);
	begin(nodes, device, &front, &back);
	add(&front, "handle", "%u", device->number);
	add(&front, "mac", "%s", mac);
	if (network->mtu)
		add(&front, "mtu", "%u", network->mtu);
	add(&back, "handle", "%u", device->number);
	add(&back, "type", "vif");
	add(&back, "mac", "%s", mac);
	add(&back, "bridge", "%s", link->bridge ? link->bridge : "");
	add(&back, "ifname", "%s", link->name);
	add(&back, "mtu", "%u", network->mtu);
	add(&back, "vlan", "%u", network->vlan);
	add(&back, "queues", "%u", network->queues);
	add(&back, "ip", "%s", network->address ? network->address : "");
	add(&back, "spoof-check", "%d", network->spoof_check);
	add(&back, "bytes-per-second-limit", "%" PRIu64, network->bytes_per_second_limit);
	if (guest_network_name(network))
		add(&back, "network", "%s", guest_network_name(network));
	if (!device->by_kernel)
		return end(&front, &back);
	/* The kernel's asks for a script's name; none is run. */
	add(&back, "script", "%s", "");
	add(&back, "hotplug-status", "%s", "");
	if (network->bytes_per_second_limit)
		add_rate(&back, network->bytes_per_second_limit);
	return end(&front, &back);
}

void device_nodes_free(struct device_nodes *nodes)
{
	for (size_t i = 0; i < nodes->front_count; i++)
		free(nodes->front[i].value);
	for (size_t i = 0; i < nodes->back_count; i++)
		free(nodes->back[i].value);
	nodes->front_count = nodes->back_count = 0;
}

const char *device_node_value(const struct device_node *nodes, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(nodes[i].name, name))
			return nodes[i].value;
	return NULL;
}
