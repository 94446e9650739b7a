/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/sharing.c - sharing.h says what it is for. */
#include "dom0-tools/builder/sharing.h"
#include "dom0-tools/builder/present.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dom0-tools/builder/attach.h"
#include "dom0-tools/lib/store_batch.h"

enum { NODE_PARAMS, NODE_MODE, NODE_SHAREABLE, NODES };

/* The same file by whatever name, or the same device by whatever node. */
static bool is_same_medium(const struct stat *one, const struct stat *other)
{
	if (S_ISBLK(one->st_mode) || S_ISBLK(other->st_mode))
		return S_ISBLK(one->st_mode) && S_ISBLK(other->st_mode) &&
		       one->st_rdev == other->st_rdev;
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool stands_in_the_way(const struct guest_disk_config *disk, const struct stat *medium,
			      char *const values[NODES])
{
	bool writes = values[NODE_MODE] && !strcmp(values[NODE_MODE], "w");
	struct stat other;

	if (disk->read_only && !writes)
		return false;
	if (disk->shareable && values[NODE_SHAREABLE])
		return false;
	return values[NODE_PARAMS] && stat(values[NODE_PARAMS], &other) == 0 &&
	       is_same_medium(medium, &other);
}

static int check_against(const struct guest_disk_config *disk, const struct stat *medium,
			 const struct device *device, const char *object, struct failure *failure)
{
	static const char *const names[NODES] = {"params", "mode", "shareable"};
	char paths[NODES][DEVICE_PATH + 16], back[DEVICE_PATH], *values[NODES];
	const char *pointers[NODES];
	int result;

	device_back_path(back, device);
	for (int i = 0; i < NODES; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", back, names[i]);
		pointers[i] = paths[i];
	}
	result = store_read_many(pointers, NODES, values, failure);
	if (!result && stands_in_the_way(disk, medium, values))
		result = failure_set(failure, EBUSY, object,
				     "detach it there, make a copy, or say <shareable/> of both",
				     "disk %s: domain %u has %s already, and one of both writes",
				     disk->target, device->domid, disk->source);
	for (int i = 0; i < NODES; i++)
		free(values[i]);
	return result;
}

int sharing_check(struct store *store, const struct guest_disk_config *disk, const char *object,
		  struct failure *failure)
{
	struct device *devices;
	struct stat medium;
	size_t count;
	int result;

	if (!disk->source || stat(disk->source, &medium) != 0)
		return 0;
	result = devices_list(store, DEVICES_OF_ALL, &devices, &count, failure);
	for (size_t i = 0; !result && i < count; i++)
		if (devices[i].class == DEVICE_DISK)
			result = check_against(disk, &medium, &devices[i], object, failure);
	free(devices);
	return result;
}
