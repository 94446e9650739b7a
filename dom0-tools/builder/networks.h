/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/networks.h - networks of dom0's own that guests can be put into
 * by name: which of them runs, and on which bridge.  `enso network` makes them.
 */
#pragma once

#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

/* A file NAME for each network that has been started; in it its bridge. */
#define NETWORKS_RUNNING "/run/enso/networks"
/* The network of guests that name neither a network nor a bridge. */

/*
 * The bridge that an interface of a guest goes into.  `object` is the guest, for
 * the failure: ENOENT when the network does not run, ENODEV when there is no bridge.
 */
int MUST_CHECK
network_bridge_of(const struct guest_network_config *network, const char *object, char bridge[16],
		  struct failure *failure);
