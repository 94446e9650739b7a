/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/destroy.c - ending a guest, also one that is half made or
 * half ended.  Whatever order its parts went in, the lock's file goes last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/attach.h"
#include "dom0-tools/builder/build.h"
#include "dom0-tools/builder/guest_files.h"
#include "dom0-tools/builder/last_words.h"
#include "dom0-tools/builder/nodes.h"
#include "dom0-tools/lib/domain.h"

/*
 * The uuid of a domain that is gone, by its nodes: 1, 0 when there are none, or a
 * negative errno.  A store that cannot be asked has not said that there are none.
 */
static int find_uuid(struct store *store, uint16_t domid, uint8_t uuid[UUID_BYTES],
		     struct failure *failure)
{
	struct failure why = {0};
	char *vm;
	bool found;
	int result = store_read(store, STORE_NOW, &vm, &why, "/local/domain/%u/vm", domid);

	if (result == -ENOENT)
		return 0;
	if (result) {
		if (failure && !failure->error)
			*failure = why;
		return result;
	}
	found = !strncmp(vm, "/vm/", 4) && uuid_parse(vm + 4, uuid);
	free(vm);
	return found;
}

/* Whether the nodes of this number are this guest's: 1, 0, or a negative errno. */
static int nodes_belong(struct store *store, uint16_t domid, const uint8_t uuid[UUID_BYTES],
			struct failure *failure)
{
	uint8_t found[UUID_BYTES];
	int result = find_uuid(store, domid, found, failure);

	return result > 0 ? !memcmp(found, uuid, UUID_BYTES) : result;
}

/* That it is gone by now is no failure. */
static int destroy_domain(struct hypervisor *hypervisor, const struct domain_info *info,
			  struct failure *failure)
{
	struct failure why = {0};
	int result;

	guest_save_last_words(hypervisor, info);
	result = domain_destroy(hypervisor, info->domid, &why);
	if (result == -ESRCH)
		return 0;
	if (result && failure && !failure->error)
		*failure = why;
	return result;
}

/* Everything but the lock.  `info`: of the domain, NULL when that is gone. */
static int remove_all(struct hypervisor *hypervisor, struct store *store, uint16_t domid,
		      const struct domain_info *info, struct guest_files *files,
		      struct failure *failure)
{
	int result = 0;

	if (info)
		result = destroy_domain(hypervisor, info, failure);
	/* Before its own nodes, by which the domain's number is known to be its. */
	if (result == 0 && domid)
		result = devices_remove_all(store, domid, failure);
	if (result == 0 && domid)
		result = guest_nodes_remove(domid, files->uuid, failure);
	if (result == 0)
		guest_files_remove_configuration(files);
	return result;
}

int guest_destroy(struct hypervisor *hypervisor, struct store *store, uint16_t domid,
		  struct failure *failure)
{
	struct domain_info info = {0};
	struct guest_files files;
	int result, found = domain_lookup(hypervisor, domid, &info, failure);

	if (found < 0)
		return found;
	if (domid == 0)
		return failure_set(failure, EINVAL, "domain 0", "shut the host down instead",
				   "dom0 cannot be destroyed");
	if (!found) {
		result = find_uuid(store, domid, info.uuid, failure);
		if (result <= 0)
			return result;
	}
	guest_files_begin(&files, info.uuid);
	result = guest_files_lock(&files, true, files.uuid, failure);
	if (result)
		return result;
	/* While we waited somebody else may have done it, and the number be another's. */
	found = domain_lookup(hypervisor, domid, &info, failure);
	if (found > 0 && strcmp(files.uuid, uuid_write((char[UUID_TEXT]){0}, info.uuid)))
		found = 0;
	result = found < 0 ? found : guest_files_note_domain(&files, domid, failure);
	if (result == 0)
		result = remove_all(hypervisor, store, domid, found > 0 ? &info : NULL, &files,
				    failure);
	if (result == 0)
		guest_files_unlock(&files);
	else
		guest_files_leave(&files);
	return result;
}

/* The domain with this uuid: 1 found, 0 if there is none, or a negative errno. */
static int find_domain(struct hypervisor *hypervisor, const uint8_t uuid[UUID_BYTES],
		       struct domain_info *info, struct failure *failure)
{
	struct domain_info *domains;
	size_t count;
	int result = domain_list(hypervisor, &domains, &count, failure);

	for (size_t i = 0; result == 0 && i < count; i++) {
		if (domains[i].domid && !memcmp(domains[i].uuid, uuid, UUID_BYTES)) {
			*info = domains[i];
			result = 1;
		}
	}
	free(domains);
	return result;
}

int guest_reap(struct hypervisor *hypervisor, struct store *store, const uint8_t uuid[16],
	       struct failure *failure)
{
	struct domain_info info;
	struct guest_files files;
	uint16_t noted;
	int found, result;

	guest_files_begin(&files, uuid);
	result = guest_files_lock(&files, false, files.uuid, failure);
	if (result)
		return result;
	found = find_domain(hypervisor, uuid, &info, failure);
	noted = guest_files_noted_domain(&files);
	if (found < 0) {
		result = found;
	} else if (found == 0) {
		/* Its number may be another guest's by now, or its nodes still be there. */
		int ours = noted ? nodes_belong(store, noted, uuid, failure) : 0;

		result = ours < 0 ? ours
				  : remove_all(hypervisor, store, ours ? noted : 0, NULL, &files,
					       failure);
	} else {
		result = remove_all(hypervisor, store, info.domid, &info, &files, failure);
	}
	if (result == 0)
		guest_files_unlock(&files);
	else
		guest_files_leave(&files);
	return result;
}
