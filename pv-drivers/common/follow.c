/* SPDX-License-Identifier: MIT */
/* pv-drivers/common/follow.c - follow.h says what it is for. */
#include "pv-drivers/common/follow.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

int device_write_numbers(struct pv_device *device, const struct device_number *nodes, size_t count)
{
	int result = 0;

	for (size_t i = 0; !result && i < count; i++)
		result = device_write(device, nodes[i].name, "%llu",
				      (unsigned long long)nodes[i].value);
	return result;
}

static void detach(struct pv_device *device, const struct device_deeds *deeds, void *backend)
{
	deeds->detach(backend);
	device->states.attached = false;
}

/* How long whom we gave up is not heard; others' devices have processes of their own. */
#define GIVEN_UP_US 500000

void device_give_up(struct pv_device *device, const struct device_deeds *deeds, void *backend,
		    const char *why)
{
	device_log(device, "the guest is disconnected: %s", why);
	detach(device, deeds, backend);
	if (device_write(device, "enso-error", "the guest broke the protocol: %s", why) ||
	    device_set_state(device, XenbusStateClosed))
		device_log(device, "this could not be written to the store");
	/* A connection costs dom0 far more than the guest that breaks it again. */
	usleep(GIVEN_UP_US);
}

static int connect_front(struct pv_device *device, const struct device_deeds *deeds, void *backend)
{
	int result;

	device->states.attached = deeds->attach(backend, false);
	if (!device->states.attached) {
		device_give_up(device, deeds, backend, "its rings are not what it may make");
		return 0;
	}
	result = deeds->tell ? deeds->tell(backend) : 0;
	return result ? result : device_set_state(device, XenbusStateConnected);
}

/* One step; 1: done and there may be more, 0: nothing to do, or a negative errno. */
static int step(struct pv_device *device, const struct device_deeds *deeds, void *backend,
		enum handshake_step next)
{
	int result = 0;

	switch (next) {
	case HANDSHAKE_WAIT:
	case HANDSHAKE_END:
		return 0;
	case HANDSHAKE_OFFER:
		result = deeds->offer(backend);
		if (!result)
			result = device_set_state(device, XenbusStateInitWait);
		break;
	case HANDSHAKE_CONNECT:
		result = connect_front(device, deeds, backend);
		break;
	case HANDSHAKE_REATTACH:
		device->states.attached = deeds->attach(backend, true);
		if (!device->states.attached)
			device_give_up(device, deeds, backend, "its rings cannot be taken over");
		break;
	case HANDSHAKE_CLOSE:
		detach(device, deeds, backend);
		result = device_set_state(device, XenbusStateClosed);
		break;
	}
	return result ? result : 1;
}

bool device_follow(struct pv_device *device, const struct device_deeds *deeds, void *backend,
		   bool busy, bool *draining, enum device_exit *status)
{
	enum handshake_step next;
	int result;

	do {
		result = device_look(device);
		next = handshake_next(&device->states);
		*draining = busy && (next == HANDSHAKE_CLOSE || next == HANDSHAKE_CONNECT ||
				     next == HANDSHAKE_REATTACH);
		if (*draining)
			return true;
		if (result == 0)
			result = step(device, deeds, backend, next);
	} while (result == 1);
	if (result == 0 && next != HANDSHAKE_END)
		return true;
	/* Its nodes have been removed. */
	if (result == -ENOENT)
		result = 0;
	if (result)
		device_log(device, "the store: %s", strerror(-result));
	*status = result ? DEVICE_EXIT_AGAIN : DEVICE_EXIT_DONE;
	return false;
}
