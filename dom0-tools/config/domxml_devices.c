/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/domxml_devices.c - <disk>, <interface> and <controller>.
 * The rules have said already which of their parts are not supported; here is
 * what those mean that are.
 */
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml_rules.h"
#include "dom0-tools/config/values.h"

#define ADDRESSES_ENOUGH 2048 /* bytes */

static uint64_t read_number(struct domxml *domxml, struct place place, const char *what,
			    const char *text, uint64_t most)
{
	uint64_t number = 0;

	if (!guest_number_parse(text, 10, &number) || number > most) {
		reading_error(&domxml->reading, place, what,
			      "\"%.40s\" is no whole number up to %llu", text,
			      (unsigned long long)most);
		return 0;
	}
	return number;
}

static uint64_t attribute_number(struct domxml *domxml, const struct xml_node *node,
				 const char *name, uint64_t most)
{
	const struct xml_attribute *attribute = xml_attribute(node, name);

	return attribute ? read_number(domxml, attribute->place, name, attribute->value, most) : 0;
}

static uint64_t child_number(struct domxml *domxml, const struct xml_node *node, const char *name)
{
	const struct xml_node *child = xml_child(node, name);

	return child ? read_number(domxml, child->place, name, child->text, UINT64_MAX) : 0;
}

static void set_value(struct domxml *domxml, char **slot, const struct xml_node *node,
		      const char *attribute)
{
	reading_set(&domxml->reading, slot, xml_value(node, attribute));
}

void domxml_controller(struct domxml *domxml, const struct xml_node *node)
{
	const char *type = xml_value(node, "type") ?: "";
	struct guest_config *config = domxml->reading.config;

	if (strcmp(type, "usb") == 0)
		reading_error(&domxml->reading, node->place, "<controller>",
			      "is not supported: PV guests have no USB");
	else if (strcmp(type, "xenbus") != 0)
		reading_warning(&domxml->reading, node->place, "<controller>",
				"is ignored: PV devices are on Xen's bus, not on \"%.40s\"", type);
	if (strcmp(type, "xenbus") != 0)
		return;
	if (xml_attribute(node, "maxGrantFrames"))
		config->max_grant_frames =
			(uint32_t)attribute_number(domxml, node, "maxGrantFrames", UINT32_MAX);
	if (xml_attribute(node, "maxEventChannels"))
		config->max_event_channels =
			(uint32_t)attribute_number(domxml, node, "maxEventChannels", UINT32_MAX);
	reading_note(&domxml->reading, GUEST_FIELD_GRANT_FRAMES, 0, node->place);
	reading_note(&domxml->reading, GUEST_FIELD_EVENT_CHANNELS, 0, node->place);
}

/* nbd://HOST[:PORT]/NAME, nbd+unix:///NAME?socket=PATH, as nbdkit and QEMU write them. */
static char *nbd_address(struct domxml *domxml, const struct xml_node *source)
{
	const struct xml_node *host = xml_child(source, "host");
	const char *transport = xml_value(host, "transport") ?: "tcp";
	const char *name = xml_value(source, "name") ?: "", *port = xml_value(host, "port");
	const char *socket = xml_value(host, "socket"), *address = xml_value(host, "name");
	char *result = NULL;
	int length;

	if (strcmp(transport, "unix") == 0 && socket)
		length = asprintf(&result, "nbd+unix:///%s?socket=%s", name, socket);
	else if (strcmp(transport, "unix") != 0 && address)
		length = asprintf(&result,
				  strchr(address, ':') ? "nbd://[%s]%s%s/%s" : "nbd://%s%s%s/%s",
				  address, port ? ":" : "", port ? port : "", name);
	else {
		reading_error(&domxml->reading, source->place, "<source>",
			      "needs <host name=...>, or <host transport='unix' socket=...>");
		return NULL;
	}
	if (length < 0)
		domxml->reading.out_of_memory = true;
	return length < 0 ? NULL : result;
}

static void read_disk_source(struct domxml *domxml, const struct xml_node *node,
			     struct guest_disk_config *disk)
{
	const char *type = xml_value(node, "type") ?: "file";
	const struct xml_node *source = xml_child(node, "source");
	bool is_file = strcmp(type, "file") == 0;

	disk->backend = is_file			       ? GUEST_DISK_FILE
			: strcmp(type, "network") == 0 ? GUEST_DISK_NBD
						       : GUEST_DISK_BLOCK;
	if (!source)
		return;
	if (disk->backend == GUEST_DISK_NBD) {
		disk->source = nbd_address(domxml, source);
		return;
	}
	set_value(domxml, &disk->source, source, is_file ? "file" : "dev");
	if (xml_attribute(source, is_file ? "dev" : "file"))
		reading_error(&domxml->reading, source->place, "<source>",
			      "a disk of type '%s' has %s=, not %s=", type,
			      is_file ? "file" : "dev", is_file ? "dev" : "file");
}

static enum guest_driver driver_of(const char *name)
{
	if (name && (strcmp(name, "phy") == 0 || strcmp(name, "kernel") == 0))
		return GUEST_DRIVER_KERNEL;
	return name && strcmp(name, "enso") == 0 ? GUEST_DRIVER_ENSO : GUEST_DRIVER_DEFAULT;
}

/* libvirt has two words for interfaces: "vhost" is in the kernel, "qemu" a program. */
static enum guest_driver network_driver_of(const char *name)
{
	if (!name)
		return GUEST_DRIVER_DEFAULT;
	return strcmp(name, "qemu") == 0 || strcmp(name, "enso") == 0 ? GUEST_DRIVER_ENSO
								      : GUEST_DRIVER_KERNEL;
}

void domxml_disk(struct domxml *domxml, const struct xml_node *node)
{
	struct guest_disk_config *disk = guest_config_add_disk(domxml->reading.config);
	const struct xml_node *driver = xml_child(node, "driver");
	const struct xml_node *iotune = xml_child(node, "iotune");
	const char *device = xml_value(node, "device") ?: "disk";
	const char *discard = xml_value(driver, "discard");

	if (!disk) {
		domxml->reading.out_of_memory = true;
		return;
	}
	reading_note(&domxml->reading, GUEST_FIELD_DISK, domxml->reading.config->disk_count - 1,
		     node->place);
	set_value(domxml, &disk->target, xml_child(node, "target"), "dev");
	set_value(domxml, &disk->format, driver, "type");
	disk->driver = driver_of(xml_value(driver, "name"));
	disk->cdrom = strcmp(device, "cdrom") == 0;
	disk->read_only = disk->cdrom || xml_child(node, "readonly");
	disk->shareable = xml_child(node, "shareable");
	disk->no_discard = discard && strcmp(discard, "ignore") == 0;
	disk->sector_bytes = (uint32_t)attribute_number(domxml, xml_child(node, "blockio"),
							"logical_block_size", UINT32_MAX);
	disk->bytes_per_second_limit = child_number(domxml, iotune, "total_bytes_sec");
	disk->iops_limit = child_number(domxml, iotune, "total_iops_sec");
	read_disk_source(domxml, node, disk);
}

/* libvirt gives each interface a name of this kind itself, anew at each start. */
static bool is_made_name(const char *name)
{
	size_t first = strncmp(name, "vif", 3) == 0 ? strspn(name + 3, "0123456789") : 0;

	return first && name[3 + first] == '.' &&
	       !name[4 + first + strspn(name + 4 + first, "0123456789")];
}

static void read_addresses(struct domxml *domxml, const struct xml_node *node,
			   struct guest_network_config *network)
{
	for (const struct xml_node *ip = node->first; ip; ip = ip->next) {
		const char *address = xml_value(ip, "address");
		char *joined;

		if (strcmp(ip->name, "ip") != 0)
			continue;
		/* The check refuses more than that; to join them all would take long. */
		if (network->address && strlen(network->address) > ADDRESSES_ENOUGH)
			return;
		if (!address || !*address || strpbrk(address, " \t\r\n")) {
			reading_error(&domxml->reading, ip->place, "<ip>", "needs an address=");
			continue;
		}
		if (asprintf(&joined, "%s%s%s", network->address ? network->address : "",
			     network->address ? " " : "", address) < 0) {
			domxml->reading.out_of_memory = true;
			return;
		}
		free(network->address);
		network->address = joined;
	}
}

static void read_mac(struct domxml *domxml, const struct xml_node *node,
		     struct guest_network_config *network)
{
	const char *mac = xml_value(node, "address");

	if (!node)
		return;
	if (!mac || !guest_mac_parse(mac, network->mac))
		reading_error(&domxml->reading, node->place, "<mac>",
			      "\"%.40s\" is no address of the form 00:16:3e:xx:xx:xx",
			      mac ? mac : "");
	else
		network->mac_given = true;
}

/* A type has its own source: what is missing or of another type is told. */
static void read_network_source(struct domxml *domxml, const struct xml_node *node,
				struct guest_network_config *network)
{
	const char *type = xml_value(node, "type") ?: "";
	const struct xml_node *source = xml_child(node, "source");

	if (strcmp(type, "bridge") == 0) {
		set_value(domxml, &network->bridge, source, "bridge");
		if (!network->bridge)
			reading_error(&domxml->reading, node->place, "<interface>",
				      "of type 'bridge' needs <source bridge='...'/>");
	} else if (strcmp(type, "network") == 0) {
		/* A running guest's source has the network's bridge too. */
		set_value(domxml, &network->network, source, "network");
		if (!network->network)
			reading_error(&domxml->reading, node->place, "<interface>",
				      "of type 'network' needs <source network='...'/>");
	} else if (!*type) {
		reading_error(&domxml->reading, node->place, "<interface>",
			      "needs a type: bridge or network");
	}
}

void domxml_interface(struct domxml *domxml, const struct xml_node *node)
{
	struct guest_network_config *network = guest_config_add_network(domxml->reading.config);
	const struct xml_node *outbound = xml_child(xml_child(node, "bandwidth"), "outbound");
	const char *device = xml_value(xml_child(node, "target"), "dev");

	if (!network) {
		domxml->reading.out_of_memory = true;
		return;
	}
	reading_note(&domxml->reading, GUEST_FIELD_NETWORK,
		     domxml->reading.config->network_count - 1, node->place);
	read_mac(domxml, xml_child(node, "mac"), network);
	read_network_source(domxml, node, network);
	set_value(domxml, &network->script, xml_child(node, "script"), "path");
	set_value(domxml, &network->model, xml_child(node, "model"), "type");
	if (device && !is_made_name(device))
		reading_set(&domxml->reading, &network->device, device);
	network->driver = network_driver_of(xml_value(xml_child(node, "driver"), "name"));
	network->queues =
		(uint32_t)attribute_number(domxml, xml_child(node, "driver"), "queues", UINT32_MAX);
	network->mtu =
		(uint32_t)attribute_number(domxml, xml_child(node, "mtu"), "size", UINT32_MAX);
	network->vlan = (uint32_t)attribute_number(
		domxml, xml_child(xml_child(node, "vlan"), "tag"), "id", UINT32_MAX);
	network->bytes_per_second_limit =
		attribute_number(domxml, outbound, "average", UINT64_MAX >> 10) << 10;
	network->spoof_check = xml_child(node, "filterref");
	read_addresses(domxml, node, network);
}
