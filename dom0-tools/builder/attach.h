/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/attach.h - devices of a guest coming and going: media opened,
 * nodes written, backends waited for, and all of it taken away again.  No program
 * is run: ensod starts Enso's backends when it sees their nodes, dom0's kernel its own.
 */
#pragma once

#include <sys/types.h>

#include "dom0-tools/builder/devices.h"
#include "dom0-tools/lib/failure.h"
#include "dom0-tools/lib/hypervisor.h"
#include "dom0-tools/lib/store.h"

/* Where a running backend holds its lock: vbd-DOMID-NUMBER, vif-DOMID-HANDLE. */
#define BACKENDS_FOLDER "/run/enso/backends"

void device_lock_path(char path[DEVICE_PATH], const struct device *device);

/* The process that holds the device's lock: its backend; 0: none does. */
pid_t device_backend_process(const struct device *device);

/* Enso's own backend of a class, where it is installed; NULL: it is not. */
const char *device_program(enum device_class class);

/*
 * Who serves a device whose configuration leaves it open (docs/adr/block-backend.md and
 * network-backend.md have the figures).  A disk: Enso's backend where it is installed,
 * else dom0's kernel.  An interface: dom0's kernel where its backend is loaded, Enso's
 * where not, and for what only that does.
 */
void device_choose_disk_driver(struct guest_disk_config *disk);
void device_choose_network_driver(struct guest_network_config *network);

/* What is to be attached to a guest at once. */
struct device_wishes {
	uint16_t domid;
	const char *object; /* "guest web1" */
	const struct guest_disk_config *disks;
	size_t disk_count;
	const struct guest_network_config *networks;
	size_t network_count;
	bool is_new; /* the guest has been made just now: it has had no devices */
};

/*
 * Attaches them all: one transaction for the nodes, then waits until each backend
 * can serve.  *first_handle (NULL: nobody asks) is that of the first network.  EEXIST when a
 * running guest has a disk of that name or an interface of that MAC address.  On failure a
 * running guest has none of them; of a new one some may be there, for devices_remove_all.
 */
int MUST_CHECK
devices_attach(struct store *store, const struct device_wishes *wishes, uint32_t *first_handle,
	       struct failure *failure);

/* What stands in the way before anything is done: missing media, unknown bridges. */
int MUST_CHECK
devices_check(const struct device_wishes *wishes, struct failure *failure);

/*
 * Takes away all devices of a guest that runs no more, or not yet.  A backend that
 * does not end in time is killed.
 */
int MUST_CHECK
devices_remove_all(struct store *store, uint16_t domid, struct failure *failure);

/*
 * Asks a running guest to let a device go, and takes it away when it has.  ETIMEDOUT
 * when it has not after `timeout_ms`: with `force` it is taken away all the same,
 * without, it goes as soon as the guest lets it (ensod sees to that).  When it has closed,
 * two seconds more at most, until it has seen the device gone: then another of its name may
 * come.
 */
int MUST_CHECK
device_detach(struct hypervisor *hypervisor, struct store *store, const struct device *device,
	      unsigned int timeout_ms, bool force, struct failure *failure);

/*
 * Removes its nodes, of a running guest, waiting for (then killing) Enso's backend.  The guest
 * may not have seen it: an interface's handle is not given again (present.h).
 */
int MUST_CHECK
device_remove(struct store *store, const struct device *device, struct failure *failure);
