/* SPDX-License-Identifier: MIT */
/*
 * grant-tables/map.c - see map.h.
 */
#include "grant-tables/map.h"
#include "grant-tables/ports.h"

static enum grant_access mapping_access(const struct grant_mapping *mapping)
{
	return mapping->flags & GRANT_MAPPED_WRITE ? GRANT_WRITE : GRANT_READ;
}

static uint8_t mapping_flags(uint32_t requested)
{
	uint8_t flags = 0;

	flags |= requested & GNTMAP_host_map ? GRANT_MAPPED_HOST : 0;
	flags |= requested & GNTMAP_device_map ? GRANT_MAPPED_DEVICE : 0;
	flags |= requested & GNTMAP_readonly ? 0 : GRANT_MAPPED_WRITE;
	flags |= requested & GNTMAP_contains_pte ? GRANT_MAPPED_ENTRY : 0;
	return flags;
}

static void unpin(const struct grant_mapping *mapping)
{
	struct grant_table_locked owner = grant_table_lock(mapping->owner);

	grant_unpin(owner, mapping->ref, mapping_access(mapping));
	grant_table_unlock(owner);
}

/* Pins the offer and puts its page in place; on an error neither has happened. */
static int16_t mapping_make(struct grant_table *holder, struct grant_mapping *mapping,
			    uint32_t available)
{
	struct grant_table_locked owner = grant_table_lock(mapping->owner);
	int16_t status;

	status = grant_pin(owner, mapping->ref, holder->owner, mapping_access(mapping),
			   &mapping->frame);
	grant_table_unlock(owner);
	if (status != GNTST_okay || !(mapping->flags & GRANT_MAPPED_HOST))
		return status;
	status = grant_port_map(holder->domain, mapping, available);
	if (status != GNTST_okay)
		unpin(mapping);
	return status;
}

static int16_t map_with_handle(struct grant_table *holder, struct grant_mapping *mapping,
			       struct gnttab_map_grant_ref *request)
{
	grant_handle_t handle;
	int16_t status = grant_handle_reserve(&holder->handles, &handle);

	if (status != GNTST_okay)
		return status;
	status = mapping_make(holder, mapping, request->flags >> _GNTMAP_guest_avail0);
	if (status != GNTST_okay) {
		grant_handle_release(&holder->handles, handle);
		return status;
	}
	request->handle = handle;
	request->dev_bus_addr = mfn_to_maddr(mapping->frame).n;
	grant_handle_publish(&holder->handles, handle, mapping);
	return GNTST_okay;
}

void grant_map(struct grant_table *holder, struct gnttab_map_grant_ref *request)
{
	struct grant_mapping mapping = {
		.address = request->host_addr,
		.ref = request->ref,
		.flags = mapping_flags(request->flags),
	};

	if (!(mapping.flags & (GRANT_MAPPED_HOST | GRANT_MAPPED_DEVICE))) {
		request->status = GNTST_bad_gntref;
		return;
	}
	/* A live handle keeps the owner's table from going. */
	mapping.owner = grant_port_table_get(request->dom);
	if (!mapping.owner) {
		request->status = GNTST_bad_domain;
		return;
	}
	request->status = map_with_handle(holder, &mapping, request);
	if (request->status != GNTST_okay)
		grant_port_table_put(mapping.owner);
}

/* Gives back a BUSY handle whose mapping is in no use any more. */
static void mapping_end(struct grant_table *holder, grant_handle_t handle,
			const struct grant_mapping *mapping)
{
	unpin(mapping);
	grant_handle_release(&holder->handles, handle);
	grant_port_table_put(mapping->owner);
}

/* The handle lives on with what is left of its mapping, or goes. */
static void mapping_settle(struct grant_table *holder, grant_handle_t handle,
			   const struct grant_mapping *mapping)
{
	if (mapping->flags & (GRANT_MAPPED_HOST | GRANT_MAPPED_DEVICE))
		grant_handle_publish(&holder->handles, handle, mapping);
	else
		mapping_end(holder, handle, mapping);
}

/* Undoes the parts the caller names, if all it says is so. */
static int16_t mapping_undo(struct grant_table *holder, struct grant_unmapping *unmapping,
			    uint64_t host_address, uint64_t bus_address)
{
	struct grant_mapping *mapping = &unmapping->mapping;

	if (bus_address && bus_address != mfn_to_maddr(mapping->frame).n)
		return GNTST_general_error;
	if (host_address && (mapping->flags & GRANT_MAPPED_HOST)) {
		int16_t status;

		if (host_address != mapping->address)
			return GNTST_general_error;
		status = grant_port_unmap(holder->domain, mapping, &unmapping->held);
		if (status != GNTST_okay)
			return status;
		unmapping->unmapped = true;
		mapping->flags &= (uint8_t)~GRANT_MAPPED_HOST;
	}
	if (bus_address)
		mapping->flags &= (uint8_t)~GRANT_MAPPED_DEVICE;
	return GNTST_okay;
}

bool grant_unmap_begin(struct grant_table *holder, struct gnttab_unmap_grant_ref *request,
		       struct grant_unmapping *unmapping)
{
	unmapping->handle = request->handle;
	unmapping->unmapped = false;
	request->status = grant_handle_take(&holder->handles, request->handle, &unmapping->mapping);
	if (request->status != GNTST_okay)
		return false;
	request->status =
		mapping_undo(holder, unmapping, request->host_addr, request->dev_bus_addr);
	return true;
}

void grant_unmap_finish(struct grant_table *holder, const struct grant_unmapping *unmappings,
			uint32_t count)
{
	bool unmapped = false;

	for (uint32_t i = 0; i < count; i++)
		unmapped |= unmappings[i].unmapped;
	if (unmapped)
		grant_port_forget(holder->domain);
	for (uint32_t i = 0; i < count; i++) {
		const struct grant_unmapping *unmapping = &unmappings[i];

		if (unmapping->unmapped)
			grant_port_drop_frame(unmapping->mapping.frame, unmapping->held);
		mapping_settle(holder, unmapping->handle, &unmapping->mapping);
	}
}

static int16_t mapping_replace(struct grant_table *holder, struct grant_mapping *mapping,
			       const struct gnttab_unmap_and_replace *request)
{
	int16_t status;

	if (!(mapping->flags & GRANT_MAPPED_HOST) || request->host_addr != mapping->address)
		return GNTST_general_error;
	if (request->new_addr == 0) {
		enum grant_access held;

		status = grant_port_unmap(holder->domain, mapping, &held);
		if (status == GNTST_okay) {
			grant_port_forget(holder->domain);
			grant_port_drop_frame(mapping->frame, held);
		}
	} else {
		if ((mapping->flags & GRANT_MAPPED_ENTRY) || request->new_addr == mapping->address)
			return GNTST_general_error;
		status = grant_port_replace(holder->domain, mapping, request->new_addr);
	}
	if (status == GNTST_okay)
		mapping->flags &= (uint8_t)~GRANT_MAPPED_HOST;
	return status;
}

void grant_unmap_and_replace(struct grant_table *holder, struct gnttab_unmap_and_replace *request)
{
	struct grant_mapping mapping;

	request->status = grant_handle_take(&holder->handles, request->handle, &mapping);
	if (request->status != GNTST_okay)
		return;
	request->status = mapping_replace(holder, &mapping, request);
	mapping_settle(holder, request->handle, &mapping);
}

bool grant_unmap_some(struct grant_table *holder, uint32_t *next, uint32_t most)
{
	struct grant_mapping mapping;
	grant_handle_t handle;

	while (grant_handle_next(&holder->handles, next, &handle)) {
		if (grant_handle_take(&holder->handles, handle, &mapping) != GNTST_okay)
			continue;
		mapping_end(holder, handle, &mapping);
		if (most-- <= 1)
			return false;
	}
	return true;
}
