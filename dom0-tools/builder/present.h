/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/present.h - what devices a guest has, by the store, and which it may
 * believe to have still; of those that come and go (attach.c, detach.c).
 */
#pragma once

#include "dom0-tools/builder/devices.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/store.h"

/*
 * The devices of a guest by their backends' nodes, which guests cannot write; the
 * array is the caller's to free.  DEVICES_OF_ALL: of every guest.
 */
#define DEVICES_OF_ALL UINT16_MAX
int MUST_CHECK
devices_list(struct store *store, uint16_t domid, struct device **devices, size_t *count,
	     struct failure *failure);

/* The children of a node that are numbers up to `most`; none when there is no such node.  To free.
 */
int MUST_CHECK
device_list_numbers(struct store *store, const char *path, uint64_t most, uint64_t **numbers,
		    size_t *count, struct failure *failure);

/* EEXIST when the guest has this disk. */
int MUST_CHECK
device_require_other_disk(struct store *store, const struct device *device, const char *target,
			  const char *object, struct failure *failure);

/* EEXIST when one of the guest's interfaces has this MAC address. */
int MUST_CHECK
device_require_other_mac(struct store *store, uint16_t domid, const uint8_t mac[6],
			 const char *object, struct failure *failure);

/*
 * An interface of a running guest is about to go: until device_clear_doubt, which says that the
 * guest has seen it gone, its handle is given to no other.  A disk's number is its user's to
 * choose: of disks nothing is kept.
 */
int MUST_CHECK
device_doubt(struct store *store, const struct device *device, struct failure *failure);
void device_clear_doubt(struct store *store, const struct device *device);

/*
 * The handles that no new interface of a running guest may have: of those there are, and those
 * in doubt.  The caller's to free.
 */
int MUST_CHECK
device_handles_taken(struct store *store, uint16_t domid, uint64_t **handles, size_t *count,
		     struct failure *failure);
