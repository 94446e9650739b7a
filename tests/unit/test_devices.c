// needs: dom0-tools/builder/devices.c dom0-tools/config/values.c dom0-tools/config/guest_config.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_devices.c - what a disk or a network becomes in the store.
 */
#include "tests/unit/check.h"

#include "dom0-tools/builder/devices.h"

static void test_devices_numbers_of_targets(void)
{
	static const struct {
		const char *target;
		uint32_t number;
	} rows[] = {
		{"xvda", 51712},
		{"xvda1", 51713},
		{"xvda15", 51727},
		{"xvdb", 51728},
		{"xvdp", 51952},
		{"xvdp15", 51967},
		/* Beyond 16 disks or 15 partitions: the later form. */
		{"xvda16", 1u << 28 | 16},
		{"xvdq", 1u << 28 | 16u << 8},
		{"xvdz3", 1u << 28 | 25u << 8 | 3},
		{"xvdaa", 1u << 28 | 26u << 8},
		{"xvdzz255", 1u << 28 | 701u << 8 | 255},
		{"hda", 768},
		{"hda63", 831},
		{"hdb", 832},
		{"hdc", 5632},
		{"hdd2", 5698},
		{"sda", 2048},
		{"sdb3", 2067},
		{"sdp15", 2303},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t number = 0;

		EXPECT(device_number_of_target(rows[i].target, &number));
		EXPECT_EQUAL(number, rows[i].number);
	}
}

static void test_devices_targets_without_number(void)
{
	static const char *const targets[] = {
		"",	  "x",	     "xvd",    "xvd1",	   "vda",    "xvdA",	    "xvda0",
		"xvda01", "xvda256", "xvda1x", "xvda1 ",   "hde",    "hda64",	    "sdq",
		"sda16",  "sd",	     "hd",     "xvdaaaaa", "xvda-1", "xvda1234567",
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		uint32_t number;

		if (device_number_of_target(targets[i], &number))
			check_fail(__FILE__, __LINE__, targets[i]);
	}
}

/* No two names of disks with whole-disk or small partitions share a number. */
static void test_devices_numbers_are_different(void)
{
	static uint32_t numbers[64 * 20];
	size_t count = 0;

	for (int disk = 0; disk < 64; disk++)
		for (int partition = 0; partition < 20; partition++) {
			char target[16];

			if (disk < 26)
				snprintf(target, sizeof(target), "xvd%c", 'a' + disk);
			else
				snprintf(target, sizeof(target), "xvd%c%c", 'a' + disk / 26 - 1,
					 'a' + disk % 26);
			if (partition)
				snprintf(target + strlen(target), 4, "%d", partition);
			EXPECT(device_number_of_target(target, &numbers[count]));
			for (size_t i = 0; i < count; i++)
				EXPECT(numbers[i] != numbers[count]);
			count++;
		}
}

static bool is_front(const struct device_nodes *nodes, const char *name, const char *value)
{
	const char *found = device_node_value(nodes->front, nodes->front_count, name);

	return found && !strcmp(found, value);
}

static bool is_back(const struct device_nodes *nodes, const char *name, const char *value)
{
	const char *found = device_node_value(nodes->back, nodes->back_count, name);

	return found && !strcmp(found, value);
}

static void test_devices_nodes_of_a_disk(void)
{
	const struct guest_disk_config disk = {
		.target = "xvda",
		.source = "/srv/root.img",
		.iops_limit = 500,
		.bytes_per_second_limit = 1ull << 33,
	};
	const struct device_medium medium = {.is_block = false};
	struct device_nodes nodes;
	struct device device;

	EXPECT(device_of_disk(&disk, 7, &device));
	EXPECT_EQUAL(device_nodes_of_disk(&nodes, &device, &disk, &medium), 0);
	EXPECT(is_front(&nodes, "backend", "/local/domain/0/backend/enso-vbd/7/51712"));
	EXPECT(is_front(&nodes, "backend-id", "0"));
	EXPECT(is_front(&nodes, "state", "1"));
	EXPECT(is_front(&nodes, "virtual-device", "51712"));
	EXPECT(is_front(&nodes, "device-type", "disk"));
	EXPECT(is_back(&nodes, "frontend", "/local/domain/7/device/vbd/51712"));
	EXPECT(is_back(&nodes, "frontend-id", "7"));
	EXPECT(is_back(&nodes, "online", "1"));
	EXPECT(is_back(&nodes, "state", "1"));
	EXPECT(is_back(&nodes, "dev", "xvda"));
	EXPECT(is_back(&nodes, "params", "/srv/root.img"));
	EXPECT(is_back(&nodes, "type", "file"));
	EXPECT(is_back(&nodes, "mode", "w"));
	EXPECT(is_back(&nodes, "discard-enable", "1"));
	EXPECT(is_back(&nodes, "iops-limit", "500"));
	EXPECT(is_back(&nodes, "bytes-per-second-limit", "8589934592"));
	EXPECT(!device_node_value(nodes.back, nodes.back_count, "physical-device"));
	EXPECT(!device_node_value(nodes.back, nodes.back_count, "shareable"));
	device_nodes_free(&nodes);
}

static void test_devices_nodes_of_a_kernel_cdrom(void)
{
	const struct guest_disk_config disk = {
		.target = "hdc",
		.source = "/srv/debian.iso",
		.driver = GUEST_DRIVER_KERNEL,
		.cdrom = true,
		.read_only = true,
	};
	const struct device_medium medium = {.major_number = 7, .minor_number = 31};
	struct device_nodes nodes;
	struct device device;

	EXPECT(device_of_disk(&disk, 12, &device));
	EXPECT_EQUAL(device_nodes_of_disk(&nodes, &device, &disk, &medium), 0);
	EXPECT(is_front(&nodes, "backend", "/local/domain/0/backend/vbd/12/5632"));
	EXPECT(is_front(&nodes, "device-type", "cdrom"));
	EXPECT(is_back(&nodes, "mode", "r"));
	EXPECT(is_back(&nodes, "discard-enable", "0"));
	/* Hexadecimal, as the kernel reads it. */
	EXPECT(is_back(&nodes, "physical-device", "7:1f"));
	device_nodes_free(&nodes);
}

static void test_devices_nodes_of_a_network(void)
{
	const struct guest_network_config network = {
		.mac = {0x00, 0x16, 0x3e, 0x0a, 0xff, 0x01},
		.mtu = 9000,
		.vlan = 12,
		.queues = 4,
		.address = "10.0.0.7",
		.spoof_check = true,
	};
	struct device_link link = {.bridge = "br0"};
	struct device_nodes nodes;
	struct device device;

	device_of_network(&network, 7, 1, &device);
	device_link_name(&network, &device, link.name);
	EXPECT_EQUAL(device_nodes_of_network(&nodes, &device, &network, &link), 0);
	EXPECT(is_front(&nodes, "backend", "/local/domain/0/backend/enso-vif/7/1"));
	EXPECT(is_front(&nodes, "mac", "00:16:3e:0a:ff:01"));
	EXPECT(is_front(&nodes, "mtu", "9000"));
	EXPECT(is_front(&nodes, "handle", "1"));
	EXPECT(is_back(&nodes, "bridge", "br0"));
	EXPECT(is_back(&nodes, "ifname", "vif7.1"));
	EXPECT(is_back(&nodes, "vlan", "12"));
	EXPECT(is_back(&nodes, "queues", "4"));
	EXPECT(is_back(&nodes, "ip", "10.0.0.7"));
	EXPECT(is_back(&nodes, "spoof-check", "1"));
	EXPECT(!device_node_value(nodes.back, nodes.back_count, "script"));
	device_nodes_free(&nodes);
}

static void test_devices_nodes_of_a_kernel_network(void)
{
	const struct guest_network_config network = {
		.driver = GUEST_DRIVER_KERNEL,
		.bytes_per_second_limit = 1000000,
	};
	struct device_link link = {.name = "vif7.0"};
	struct device_nodes nodes;
	struct device device;

	device_of_network(&network, 7, 0, &device);
	EXPECT_EQUAL(device_nodes_of_network(&nodes, &device, &network, &link), 0);
	EXPECT(is_front(&nodes, "backend", "/local/domain/0/backend/vif/7/0"));
	EXPECT(is_back(&nodes, "script", ""));
	EXPECT(is_back(&nodes, "hotplug-status", ""));
	/* A twentieth of a second's worth in a twentieth of a second. */
	EXPECT(is_back(&nodes, "rate", "50000,50000"));
	EXPECT(!device_node_value(nodes.front, nodes.front_count, "mtu"));
	device_nodes_free(&nodes);
}

int main(void)
{
	RUN(test_devices_numbers_of_targets);
	RUN(test_devices_targets_without_number);
	RUN(test_devices_numbers_are_different);
	RUN(test_devices_nodes_of_a_disk);
	RUN(test_devices_nodes_of_a_kernel_cdrom);
	RUN(test_devices_nodes_of_a_network);
	RUN(test_devices_nodes_of_a_kernel_network);
	return check_result();
}
