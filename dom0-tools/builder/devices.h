/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/devices.h - a disk or network of a configuration as the store
 * describes it: its number, its two paths, the nodes of both ends.  Pure; devices
 * come and go by attach.h.
 *
 * Enso's own backends have paths of their own (backend/enso-vbd, backend/enso-vif),
 * so that dom0's kernel, which takes up backend/vbd and backend/vif, leaves them
 * alone.  A frontend goes where its node `backend` points.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dom0-tools/config/guest_config.h"
#include "xen-like/base/abi.h"

enum device_class { DEVICE_DISK, DEVICE_NETWORK };
#define DEVICE_CLASSES 2

struct device {
	enum device_class class;
	bool by_kernel;	 /* served by dom0's kernel, not by a program of Enso's  */
	uint16_t domid;	 /* of the guest                                         */
	uint32_t number; /* a disk's virtual device, a network's handle          */
};

#define DEVICE_PATH 96

/* "enso-vbd", "vbd", "enso-vif", "vif": the folder of /local/domain/0/backend. */
const char *device_backend_folder(enum device_class class, bool by_kernel);
/* "/local/domain/0/backend/enso-vbd/7/51712" and "/local/domain/7/device/vbd/51712" */
void device_back_path(char path[DEVICE_PATH], const struct device *device);
void device_front_path(char path[DEVICE_PATH], const struct device *device);

/*
 * The virtual device of a disk's name in the guest, as xen-vbd-interface(7) has it:
 * xvda, xvdb12, xvdaa, hda to hdd, sda to sdp, each with or without a partition.
 * False: that name has no number.
 */
MUST_CHECK
bool device_number_of_target(const char *target, uint32_t *number);

/* The device of a configuration.  False: the disk's name has no number. */
MUST_CHECK
bool device_of_disk(const struct guest_disk_config *disk, uint16_t domid, struct device *device);
void device_of_network(const struct guest_network_config *network, uint16_t domid, uint32_t handle,
		       struct device *device);

/* What dom0 knows of a disk's medium beside its configuration. */
struct device_medium {
	bool is_block; /* a block device, else a plain file                 */
	unsigned int major_number, minor_number; /* what the kernel serves; 0:0 for Enso's own */
};

/* The same of a network's other end. */
struct device_link {
	const char *bridge; /* NULL: none, routed */
	char name[16];	    /* of dom0's end      */
};

/* "vif7.0", unless the configuration names it. */
void device_link_name(const struct guest_network_config *network, const struct device *device,
		      char name[16]);

struct device_node {
	const char *name; /* a literal */
	char *value;
};

#define DEVICE_NODES 32

/* All nodes of a device, below its two paths. */
struct device_nodes {
	struct device device;
	struct device_node front[DEVICE_NODES], back[DEVICE_NODES];
	size_t front_count, back_count;
};

/* Fill `nodes` (zeroed by them).  -ENOMEM; free in any case. */
MUST_CHECK
int device_nodes_of_disk(struct device_nodes *nodes, const struct device *device,
			 const struct guest_disk_config *disk, const struct device_medium *medium);
MUST_CHECK
int device_nodes_of_network(struct device_nodes *nodes, const struct device *device,
			    const struct guest_network_config *network,
			    const struct device_link *link);
void device_nodes_free(struct device_nodes *nodes);

/* The value of a node among `count`; NULL if there is none of this name. */
const char *device_node_value(const struct device_node *nodes, size_t count, const char *name);
