/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/follow.h - a device's life, as the front's states tell it: what
 * every backend does in the same way, and the four things each does in its own.
 */
#pragma once

#include "pv-drivers/common/device.h"

/* `backend` is what device_follow was given. */
struct device_deeds {
	/* Writes what the front may rely on; state 2 follows. */
	int (*offer)(void *backend);
	/*
	 * Takes the rings the front has made, or those a process before this one served
	 * (`again`); false, with nothing taken: they are not what it may make.
	 */
	bool (*attach)(void *backend, bool again);
	/* Writes what is so once the rings are taken, before state 4; NULL: nothing. */
	int (*tell)(void *backend);
	void (*detach)(void *backend);
};

struct device_number {
	const char *name;
	uint64_t value;
};

/* Nodes of the backend with a number each. */
int MUST_CHECK
device_write_numbers(struct pv_device *device, const struct device_number *nodes, size_t count);

/*
 * Follows the states until there is nothing to do; while `busy` rings are neither let go
 * of nor taken, and *draining says that this is waited for.  False: the process ends
 * with *status.
 */
bool MUST_CHECK
device_follow(struct pv_device *device, const struct device_deeds *deeds, void *backend, bool busy,
	      bool *draining, enum device_exit *status);

/* The front has broken the protocol: its device is closed, and it is not heard for half a second.
 */
void device_give_up(struct pv_device *device, const struct device_deeds *deeds, void *backend,
		    const char *why);
