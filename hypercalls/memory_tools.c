/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/memory_tools.c - memory_op for those who build domains: a domain's
 * memory map, memory claimed before it is taken, and pages Enso shares with it.
 */
#include "grant-tables/table.h"
#include "hypercalls/memory_op.h"
#include "xen-like/base/string.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"
#include "xen-like/mm/heap.h"

/* The memory map ---------------------------------------------------------------- */

/* Takes the place of the one before. */
static void map_replace(struct domain *domain, struct e820_entry *map, uint32_t count)
{
	struct e820_entry *old;

	spin_lock(&domain->lock);
	old = domain->memory_map;
	domain->memory_map = map;
	domain->memory_map_count = count;
	spin_unlock(&domain->lock);
	heap_free(old);
}

int64_t memory_map_set(guest_va_t argument)
{
	struct xen_foreign_memory_map request;
	struct e820_entry *map;
	struct domain *domain;
	int64_t rc;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.map.nr_entries > E820_MAX)
		return -XEN_EINVAL;
	domain = memory_target_get(request.domid, &rc);
	if (!domain)
		return rc;
	map = heap_new_array(struct e820_entry, MAX(request.map.nr_entries, 1u));
	if (!map) {
		rc = -XEN_ENOMEM;
	} else if (!copy_from_guest(map, guest_va((uint64_t)request.map.buffer.p),
				    request.map.nr_entries * sizeof(*map))) {
		heap_free(map);
		rc = -XEN_EFAULT;
	} else {
		map_replace(domain, map, request.map.nr_entries);
	}
	domain_put(domain);
	return rc;
}

/* A copy of the domain's map, at most `room` entries; NULL: it has none, or no memory. */
static struct e820_entry *map_copy(struct domain *domain, uint32_t room, uint32_t *count)
{
	struct e820_entry *copy = heap_new_array(struct e820_entry, E820_MAX);
	bool there;

	if (!copy)
		return NULL;
	spin_lock(&domain->lock);
	there = domain->memory_map != NULL;
	*count = MIN(domain->memory_map_count, room);
	if (there)
		memcpy(copy, domain->memory_map, *count * sizeof(copy[0]));
	spin_unlock(&domain->lock);
	if (there)
		return copy;
	heap_free(copy);
	return NULL;
}

/* The caller's own; -ENOSYS, when nobody has set one, makes it assume its own. */
int64_t memory_map_get(guest_va_t argument)
{
	struct xen_memory_map request;
	struct e820_entry *map;
	int64_t rc = 0;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	map = map_copy(current_domain(), request.nr_entries, &request.nr_entries);
	if (!map)
		return -XEN_ENOSYS;
	if (!copy_to_guest(guest_va((uint64_t)request.buffer.p), map,
			   request.nr_entries * sizeof(map[0])) ||
	    !copy_to_guest(argument, &request, sizeof(request)))
		rc = -XEN_EFAULT;
	heap_free(map);
	return rc;
}

/* Claims ------------------------------------------------------------------------ */

int64_t memory_claim(guest_va_t argument)
{
	struct xen_memory_reservation request;
	struct domain *domain;
	uint64_t count;
	int64_t rc;

	if (!domain_controls(current_domain()))
		return -XEN_EPERM;
	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	count = request.nr_extents;
	if ((uint64_t)request.extent_start.p || request.extent_order || request.mem_flags)
		return -XEN_EINVAL;
	domain = memory_target_get(request.domid, &rc);
	if (!domain)
		return rc;
	rc = domain_claim_pages(domain, count);
	domain_put(domain);
	return rc;
}

/* Shared pages ------------------------------------------------------------------- */

/* Makes the grant table long enough and names its frames from `first` on. */
static int64_t grant_frames(struct domain *domain, uint64_t first, uint32_t count, guest_va_t list)
{
	struct grant_table *table = domain->grants;
	struct grant_table_locked locked;
	int16_t status;

	if (first >= table->frame_limit || count > table->frame_limit - first)
		return -XEN_EINVAL;
	locked = grant_table_lock(table);
	status = grant_table_grow(locked, (uint32_t)first + count);
	grant_table_unlock(locked);
	if (status != GNTST_okay)
		return -XEN_ENOMEM;
	/* Without the lock: the table does not shrink. */
	for (uint32_t i = 0; i < count; i++)
		if (!copy_to_guest(
			    guest_element(list, i, sizeof(xen_pfn_t)),
			    &table->frames[index_nospec(first + i, table->frame_limit)].frame.n,
			    sizeof(xen_pfn_t)))
			return -XEN_EFAULT;
	return 0;
}

static int64_t resource_size(const struct domain *domain, struct xen_mem_acquire_resource *request,
			     guest_va_t argument)
{
	request->nr_frames = domain->grants->frame_limit;
	return copy_to_guest(argument, request, sizeof(*request)) ? 0 : -XEN_EFAULT;
}

int64_t memory_acquire_resource(guest_va_t argument)
{
	struct xen_mem_acquire_resource request;
	struct domain *domain;
	guest_va_t list;
	int64_t rc;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	if (request.pad)
		return -XEN_EINVAL;
	domain = memory_target_get(request.domid, &rc);
	if (!domain)
		return rc;
	list = guest_va((uint64_t)request.frame_list.p);
	if (request.type != XENMEM_resource_grant_table)
		rc = -XEN_EOPNOTSUPP;
	else if (request.id != XENMEM_resource_grant_table_id_shared)
		rc = -XEN_EINVAL;
	else if (domain == current_domain())
		rc = -XEN_EINVAL;
	else if (!list.va)
		rc = request.nr_frames ? -XEN_EINVAL : resource_size(domain, &request, argument);
	else
		rc = grant_frames(domain, request.frame, request.nr_frames, list);
	domain_put(domain);
	return rc;
}
