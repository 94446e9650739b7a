/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/devices.h - what the commands about disks and about networks share:
 * the guest, the words of a device read as a configuration's, devices as the store
 * has them.
 */
#pragma once

#include "dom0-tools/builder/attach.h"
#include "dom0-tools/enso/guests.h"

/* The running guest named first; hypervisor and store are open after it. */
int MUST_CHECK
devices_find_guest(struct invocation *invocation, struct guest *guest);

/*
 * The words of the command line behind the guest, as if they stood in an xl.cfg's
 * `key`=[...]: a configuration with that one device, the caller's to free.
 */
int MUST_CHECK
devices_read_words(struct invocation *invocation, const char *key, struct guest_config **config);

/* --driver; -EINVAL told. */
int MUST_CHECK
devices_read_driver(struct invocation *invocation, enum guest_driver *driver);

/* "connected", "waiting", ... of a backend's state. */
const char *device_state_name(unsigned int state);

/* Some nodes of a device's backend, read in one go; values may be NULL. */
#define DEVICE_FACTS 6
struct device_facts {
	struct device device;
	char *values[DEVICE_FACTS];
};

/*
 * All devices of a class that a guest has, with the values of these nodes of their
 * backends (NULL ends the names).
 */
int MUST_CHECK
devices_read_facts(struct invocation *invocation, const struct guest *guest,
		   enum device_class class, const char *const names[], struct device_facts **facts,
		   size_t *count);
void devices_free_facts(struct device_facts *facts, size_t count);

/* block-attach and network-attach once it is known what comes; as devices_attach. */
int MUST_CHECK
devices_arrive(struct invocation *invocation, const struct device_wishes *wishes,
	       uint32_t *first_handle);

/* block-detach and network-detach behind the search for the device. */
int MUST_CHECK
devices_detach(struct invocation *invocation, const struct guest *guest,
	       const struct device *device, const char *what);
