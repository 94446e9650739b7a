/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/room.c - room.h says what it is for. */
#include "dom0-tools/builder/room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/nodes.h"
#include "dom0-tools/lib/domain.h"
#include "dom0-tools/lib/host.h"
#include "dom0-tools/lib/text.h"

/* The numbers of all domains into domids[]; EEXIST when one of them has the uuid. */
static int check_uuids(const struct guest_config *config, const struct domain_info *domains,
		       size_t count, uint16_t *domids, struct failure *failure)
{
	char object[160], uuid[UUID_TEXT];

	for (size_t i = 0; i < count; i++) {
		domids[i] = domains[i].domid;
		if (domains[i].dying ||
		    memcmp(domains[i].uuid, config->uuid, sizeof(domains[i].uuid)) != 0)
			continue;
		snprintf(object, sizeof(object), "guest %s", config->name);
		return failure_set(failure, EEXIST, object,
				   "give the new guest another uuid, or end that one",
				   "domain %u has the uuid %s already", domids[i],
				   uuid_write(uuid, config->uuid));
	}
	return 0;
}

int room_check_names(struct hypervisor *hypervisor, const struct guest_config *config,
		     struct failure *failure)
{
	struct domain_info *domains;
	uint16_t *domids;
	size_t count;
	int result = domain_list(hypervisor, &domains, &count, failure);

	if (result)
		return result;
	domids = calloc(count + 1, sizeof(*domids));
	if (!domids)
		result = failure_set(failure, ENOMEM, "dom0", NULL, "out of memory");
	else
		result = check_uuids(config, domains, count, domids, failure);
	if (result == 0)
		result = guest_nodes_check_name(config->name, domids, count, failure);
	free(domids);
	free(domains);
	return result;
}

int room_check_memory(struct hypervisor *hypervisor, const char *object, uint64_t pages,
		      struct failure *failure)
{
	struct host_info host;
	int result = host_get_info(hypervisor, &host, failure);

	if (result == 0 && host_free_pages(&host) < pages)
		result = failure_set(failure, ENOMEM, object,
				     "destroy or shrink a guest, or ask for less",
				     "it wants %llu MiB and the host has %llu MiB free",
				     (unsigned long long)pages >> 8,
				     (unsigned long long)host_free_pages(&host) >> 8);
	return result;
}
