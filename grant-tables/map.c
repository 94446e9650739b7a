/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/map.c - see map.h.
 */
#include "grant-tables/map.h"
#include "grant-tables/ports.h"

#define KEPT_FLAGS                                                                                 \
	((uint32_t)(GNTMAP_host_map | GNTMAP_device_map | GNTMAP_readonly | GNTMAP_contains_pte))

static enum grant_access mapping_access(const struct grant_mapping *mapping)
{
	return mapping->flags & GNTMAP_readonly ? GRANT_READ : GRANT_WRITE;
}

static bool mapping_over(const struct grant_mapping *mapping)
{
	return !(mapping->flags & (GNTMAP_host_map | GNTMAP_device_map));
}

static void unpin(const struct grant_mapping *mapping, uint32_t holds)
{
	struct grant_table_locked owner = grant_table_lock(mapping->owner);

	grant_unpin(owner, mapping->ref, mapping_access(mapping), holds);
	grant_table_unlock(owner);
}

/* Pins the offer and puts its page in place; on an error neither has happened. */
static inline int16_t mapping_make(struct grant_table *holder, struct grant_mapping *mapping,
				   uint32_t available)
{
	struct grant_table_locked owner = grant_table_lock(mapping->owner);
	struct grant_pinned pinned =
		grant_pin(owner, mapping->ref, holder->owner, mapping_access(mapping));
	int16_t status;

	grant_table_unlock(owner);
	mapping->frame = (uint32_t)pinned.frame.n;
	if (pinned.status != GNTST_okay || !(mapping->flags & GNTMAP_host_map))
		return pinned.status;
	status = grant_port_map(holder->domain, mapping, available);
	if (status != GNTST_okay)
		unpin(mapping, 1);
	return status;
}

static inline int16_t map_of_owner(struct grant_table *holder, struct grant_table *owner,
				   struct gnttab_map_grant_ref *request)
{
	struct grant_reserved reserved = grant_handle_reserve(&holder->handles);
	struct grant_mapping *mapping = reserved.mapping;
	int16_t status;

	if (!mapping)
		return GNTST_no_space;
	mapping->address = request->host_addr;
	mapping->owner = owner;
	mapping->ref = request->ref;
	mapping->flags = request->flags & KEPT_FLAGS;
	status = mapping_make(holder, mapping, request->flags >> _GNTMAP_guest_avail0);
	if (status != GNTST_okay) {
		grant_handle_release(&holder->handles, reserved.handle);
		return status;
	}
	request->handle = reserved.handle;
	request->dev_bus_addr = mfn_to_maddr(mfn(mapping->frame)).n;
	grant_handle_publish(mapping);
	return GNTST_okay;
}

void grant_map(struct grant_table *holder, struct gnttab_map_grant_ref *request)
{
	struct grant_table *owner;

	if (!(request->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
		request->status = GNTST_bad_gntref;
		return;
	}
	/* A live handle keeps the owner's table from going. */
	owner = grant_port_table_get(request->dom);
	if (!owner) {
		request->status = GNTST_bad_domain;
		return;
	}
	request->status = map_of_owner(holder, owner, request);
	if (request->status != GNTST_okay)
		grant_port_table_put(owner);
}

/* Gives back a BUSY handle whose mapping is in no use any more, and so many holds of its page. */
static void mapping_end(struct grant_table *holder, grant_handle_t handle,
			const struct grant_mapping *mapping, uint32_t holds)
{
	struct grant_table *owner = mapping->owner;

	unpin(mapping, holds);
	grant_handle_release(&holder->handles, handle);
	grant_port_table_put(owner);
}

/* The handle lives on with what is left of its mapping, or goes. */
static void mapping_settle(struct grant_table *holder, grant_handle_t handle,
			   struct grant_mapping *mapping)
{
	if (mapping_over(mapping))
		mapping_end(holder, handle, mapping, 1);
	else
		grant_handle_publish(mapping);
}

/* Undoes the parts the caller names, if all it says is so. */
static int16_t mapping_undo(struct grant_table *holder, struct grant_unmapping *unmapping,
			    uint64_t host_address, uint64_t bus_address)
{
	struct grant_mapping *mapping = unmapping->mapping;

	if (bus_address && bus_address != mfn_to_maddr(mfn(mapping->frame)).n)
		return GNTST_general_error;
	if (host_address && (mapping->flags & GNTMAP_host_map)) {
		int16_t status;

		if (host_address != mapping->address)
			return GNTST_general_error;
		status = grant_port_unmap(holder->domain, mapping, &unmapping->held);
		if (status != GNTST_okay)
			return status;
		unmapping->unmapped = true;
		mapping->flags &= ~(uint32_t)GNTMAP_host_map;
	}
	if (bus_address)
		mapping->flags &= ~(uint32_t)GNTMAP_device_map;
	return GNTST_okay;
}

bool grant_unmap_begin(struct grant_table *holder, struct gnttab_unmap_grant_ref *request,
		       struct grant_unmapping *unmapping)
{
	unmapping->handle = request->handle;
	unmapping->unmapped = false;
	unmapping->mapping = grant_handle_take(&holder->handles, request->handle);
	if (!unmapping->mapping) {
		request->status = GNTST_bad_handle;
		return false;
	}
	request->status =
		mapping_undo(holder, unmapping, request->host_addr, request->dev_bus_addr);
	return true;
}

/* Lets go what the page tables held; where the mapping is over, with its own hold. */
static inline void unmapping_finish(struct grant_table *holder,
				    const struct grant_unmapping *unmapping)
{
	struct grant_mapping *mapping = unmapping->mapping;

	if (likely(unmapping->unmapped && mapping_over(mapping) &&
		   unmapping->held == mapping_access(mapping))) {
		mapping_end(holder, unmapping->handle, mapping, 2);
		return;
	}
	if (unmapping->unmapped)
		grant_port_drop_frame(mfn(mapping->frame), unmapping->held, 1);
	mapping_settle(holder, unmapping->handle, mapping);
}

void grant_unmap_finish(struct grant_table *holder, const struct grant_unmapping *unmappings,
			uint32_t count)
{
	bool unmapped = false;

	for (uint32_t i = 0; i < count; i++)
		unmapped |= unmappings[i].unmapped;
	if (unmapped)
		grant_port_forget(holder->domain);
	for (uint32_t i = 0; i < count; i++)
		unmapping_finish(holder, &unmappings[i]);
}

static int16_t mapping_replace(struct grant_table *holder, struct grant_mapping *mapping,
			       const struct gnttab_unmap_and_replace *request)
{
	int16_t status;

	if (!(mapping->flags & GNTMAP_host_map) || request->host_addr != mapping->address)
		return GNTST_general_error;
	if (request->new_addr == 0) {
		enum grant_access held;

		status = grant_port_unmap(holder->domain, mapping, &held);
		if (status == GNTST_okay) {
			grant_port_forget(holder->domain);
			grant_port_drop_frame(mfn(mapping->frame), held, 1);
		}
	} else {
		if ((mapping->flags & GNTMAP_contains_pte) || request->new_addr == mapping->address)
			return GNTST_general_error;
		status = grant_port_replace(holder->domain, mapping, request->new_addr);
	}
	if (status == GNTST_okay)
		mapping->flags &= ~(uint32_t)GNTMAP_host_map;
	return status;
}

void grant_unmap_and_replace(struct grant_table *holder, struct gnttab_unmap_and_replace *request)
{
	struct grant_mapping *mapping = grant_handle_take(&holder->handles, request->handle);

	if (!mapping) {
		request->status = GNTST_bad_handle;
		return;
	}
	request->status = mapping_replace(holder, mapping, request);
	mapping_settle(holder, request->handle, mapping);
}

bool grant_unmap_some(struct grant_table *holder, uint32_t *next, uint32_t most)
{
	grant_handle_t handle;

	while (grant_handle_next(&holder->handles, next, &handle)) {
		struct grant_mapping *mapping = grant_handle_take(&holder->handles, handle);

		if (!mapping)
			continue;
		mapping_end(holder, handle, mapping, 1);
		if (most-- <= 1)
			return false;
	}
	return true;
}
