/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/nodes.c - nodes.h says what it is for.
 *
 * What is made below a node inherits its permissions.  A guest may read all that
 * is its own, and write only what it has something to say in.
 */
#include "dom0-tools/builder/nodes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dom0-tools/lib/store_batch.h"
#include "dom0-tools/lib/text.h"

#define CONSOLE_OUTPUT_LIMIT 1048576 /* bytes kept for a reader that does not read */

/* The guest's own: it may write there, and make nodes below. */
static const char *const guest_owned[] = {
	"control/shutdown",
	"control/feature-poweroff",
	"control/feature-reboot",
	"control/feature-suspend",
	"control/sysrq",
	"device/suspend/event-channel",
	"data",
	"drivers",
	"feature",
	"attr",
	"error",
};

struct writer {
	struct store_batch *batch;
	const char *root; /* "/local/domain/7" */
};

/* A node below the root, its value as a format. */
#define write_node(writer, node, ...)                                                              \
	do {                                                                                       \
		char node_path[128];                                                               \
                                                                                                   \
		snprintf(node_path, sizeof(node_path), "%s/%s", (writer)->root, node);             \
		store_batch_write((writer)->batch, node_path, __VA_ARGS__);                        \
	} while (0)

/* dom0's, and the guest may read it. */
static void permit_reading(struct store_batch *batch, const char *path, uint16_t domid)
{
	const struct store_permission permissions[] = {{.domid = 0},
						       {.domid = domid, .read = true}};

	store_batch_permit(batch, path, permissions, ARRAY_SIZE(permissions));
}

static void write_guest_owned(const struct writer *writer, uint16_t domid)
{
	const struct store_permission owner = {.domid = domid};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(guest_owned); i++) {
		snprintf(path, sizeof(path), "%s/%s", writer->root, guest_owned[i]);
		store_batch_write(writer->batch, path, "%s", "");
		store_batch_permit(writer->batch, path, &owner, 1);
	}
}

static void write_vcpus(const struct writer *writer, const struct guest_config *config)
{
	char node[48];

	for (uint32_t i = 0; i < config->vcpus_max; i++) {
		snprintf(node, sizeof(node), "cpu/%u/availability", i);
		write_node(writer, node, "%s", i < config->vcpus ? "online" : "offline");
	}
}

static void write_domain(const struct writer *writer, const struct guest_nodes *nodes)
{
	const struct guest_config *config = nodes->config;

	write_node(writer, "vm", "/vm/%s", nodes->uuid);
	write_node(writer, "name", "%s", config->name);
	write_node(writer, "domid", "%u", nodes->domid);
	write_vcpus(writer, config);
	write_node(writer, "memory/static-max", "%llu", (unsigned long long)config->memory_max_kib);
	write_node(writer, "memory/target", "%llu", (unsigned long long)config->memory_kib);
	write_node(writer, "memory/videoram", "0");
	write_node(writer, "control/platform-feature-multiprocessor-suspend", "1");
	write_node(writer, "control/platform-feature-xs_reset_watches", "1");
	write_node(writer, "store/port", "%u", nodes->ports.store_port);
	write_node(writer, "store/ring-ref", "%llu", (unsigned long long)nodes->store_ring_frame);
	write_node(writer, "console/backend-id", "0");
	write_node(writer, "console/limit", "%u", CONSOLE_OUTPUT_LIMIT);
	write_node(writer, "console/type", "xenconsoled");
	write_node(writer, "console/output", "pty");
	write_node(writer, "console/tty", "%s", "");
	write_node(writer, "console/port", "%u", nodes->ports.console_port);
	write_node(writer, "console/ring-ref", "%llu",
		   (unsigned long long)nodes->console_ring_frame);
	write_guest_owned(writer, nodes->domid);
}

static void write_vm(const struct writer *writer, const struct guest_nodes *nodes)
{
	const struct guest_config *config = nodes->config;

	write_node(writer, "uuid", "%s", nodes->uuid);
	write_node(writer, "name", "%s", config->name);
	write_node(writer, "image/ostype", "linux");
	write_node(writer, "image/kernel", "%s", config->kernel);
	if (config->ramdisk)
		write_node(writer, "image/ramdisk", "%s", config->ramdisk);
	if (config->command_line)
		write_node(writer, "image/cmdline", "%s", config->command_line);
	write_node(writer, "start_time", "%lld.00", (long long)time(NULL));
}

int guest_nodes_write(const struct guest_nodes *nodes, struct failure *failure)
{
	char domain_root[48], vm_root[64];
	struct store_batch *batch = store_batch_new();
	struct writer domain = {batch, domain_root}, vm = {batch, vm_root};
	int result;

	snprintf(domain_root, sizeof(domain_root), "/local/domain/%u", nodes->domid);
	snprintf(vm_root, sizeof(vm_root), "/vm/%s", nodes->uuid);
	/* Of an earlier domain of this number, whose end nobody saw. */
	store_batch_remove(batch, domain_root);
	store_batch_make(batch, domain_root);
	permit_reading(batch, domain_root, nodes->domid);
	store_batch_make(batch, vm_root);
	permit_reading(batch, vm_root, nodes->domid);
	write_vm(&vm, nodes);
	write_domain(&domain, nodes);
	result = store_batch_commit(batch, failure);
	store_batch_free(batch);
	return result;
}

int guest_nodes_remove(uint16_t domid, const char *uuid, struct failure *failure)
{
	struct store_batch *batch = store_batch_new();
	char path[64];
	int result;

	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	store_batch_remove(batch, path);
	if (uuid) {
		snprintf(path, sizeof(path), "/vm/%s", uuid);
		store_batch_remove(batch, path);
	}
	result = store_batch_commit(batch, failure);
	store_batch_free(batch);
	return result;
}

/* Reads the names into names[]; paths are of `room` each, in one piece. */
static int read_names(const uint16_t *domids, size_t count, char **names, struct failure *failure)
{
	enum { ROOM = 32 };
	char *text = malloc(count * ROOM + 1);
	const char **paths = calloc(count + 1, sizeof(*paths));
	int result = text && paths ? 0 : -ENOMEM;

	for (size_t i = 0; result == 0 && i < count; i++) {
		paths[i] = text + i * ROOM;
		snprintf(text + i * ROOM, ROOM, "/local/domain/%u/name", domids[i]);
	}
	if (result)
		failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	else
		result = store_read_many(paths, count, names, failure);
	free(paths);
	free(text);
	return result;
}

int guest_nodes_check_name(const char *name, const uint16_t *domids, size_t count,
			   struct failure *failure)
{
	char **names = calloc(count + 1, sizeof(*names));
	int result;

	if (!names)
		return failure_set(failure, ENOMEM, "store", NULL, "out of memory");
	result = read_names(domids, count, names, failure);
	for (size_t i = 0; i < count; i++) {
		if (result == 0 && names[i] && !strcmp(names[i], name)) {
			char object[160];

			snprintf(object, sizeof(object), "guest %s", name);
			result = failure_set(failure, EEXIST, object,
					     "give the new guest another name, or end that one",
					     "domain %u has this name already", domids[i]);
		}
		free(names[i]);
	}
	free(names);
	return result;
}
