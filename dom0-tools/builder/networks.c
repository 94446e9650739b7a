/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/networks.c - networks.h says what it is for. */
#include "dom0-tools/builder/networks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/links.h"

int network_bridge_of(const struct guest_network_config *network, const char *object,
		      char bridge[16], struct failure *failure)
{
	const char *name = guest_network_name(network);
	char path[256], *text = NULL;
	size_t bytes;

	if (!name) {
		snprintf(bridge, 16, "%.15s", network->bridge);
	} else {
		snprintf(path, sizeof(path), NETWORKS_RUNNING "/%.128s", name);
		if (files_read_whole(path, 64, &text, &bytes, NULL))
			return failure_set(failure, ENOENT, object,
					   "`enso network start NAME` starts it; or name a bridge",
					   "network %s does not run", name);
		snprintf(bridge, 16, "%.15s", text);
		bridge[strcspn(bridge, "\n")] = 0;
		free(text);
	}
	if (link_find(bridge))
		return 0;
	return failure_set(failure, ENODEV, object,
			   "make it (`ip link add NAME type bridge`), or use a network of "
			   "`enso network`",
			   "there is no bridge %s", bridge);
}
