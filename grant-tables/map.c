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

static inline void unpin(const struct grant_mapping *mapping, uint32_t holds)
{
	struct grant_table_locked owner = grant_table_lock(mapping->owner);

	grant_unpin(owner, mapping->ref, mapping_access(mapping), holds);
	grant_table_unlock(owner);
}

/* Pins the offer and puts its page in place; on an error neither has happened. */
static inline int16_t mapping_make(struct grant_maps *maps, struct grant_mapping *mapping,
				   uint32_t available)
{
	/* The pin's hold, and what page tables will have. */
	const uint32_t holds = mapping->flags & GNTMAP_host_map ? 2 : 1;
	struct grant_table_locked owner = grant_table_lock(mapping->owner);
	struct grant_pinned pinned =
		grant_pin(owner, mapping->ref, maps->holder->owner, mapping_access(mapping), holds);
	int16_t status;

	grant_table_unlock(owner);
	mapping->frame = (uint32_t)pinned.frame.n;
	if (pinned.status != GNTST_okay || !(mapping->flags & GNTMAP_host_map))
		return pinned.status;
	status = grant_port_map(&maps->space, mapping, available);
	if (status != GNTST_okay)
		unpin(mapping, holds);
	return status;
}

static inline int16_t map_of_owner(struct grant_maps *maps, struct grant_table *owner,
				   struct gnttab_map_grant_ref *request)
{
	struct grant_handles *handles = &maps->holder->handles;
	struct grant_reserved reserved = grant_handle_reserve(handles);
	struct grant_mapping *mapping = reserved.mapping;
	const uint32_t flags = request->flags;
	int16_t status;

	if (!mapping)
		return GNTST_no_space;
	mapping->address = request->host_addr;
	mapping->owner = owner;
	mapping->ref = request->ref;
	mapping->flags = flags & KEPT_FLAGS;
	status = mapping_make(maps, mapping, flags >> _GNTMAP_guest_avail0);
	if (status != GNTST_okay) {
		grant_handle_release(handles, reserved.handle);
		return status;
	}
	/* A live handle keeps the owner's table from going. */
	grant_port_table_get_again(owner);
	request->handle = reserved.handle;
	request->dev_bus_addr = mfn_to_maddr(mfn(mapping->frame)).n;
	grant_handle_publish(mapping);
	return GNTST_okay;
}

/* Whose page is asked for; NULL: there is no such domain. */
static inline struct grant_table *owner_of(struct grant_maps *maps, domid_t id)
{
	struct grant_table *owner = maps->owner;

	if (likely(owner && owner->owner == id))
		return owner;
	if (owner)
		grant_port_table_put(owner);
	maps->owner = grant_port_table_get(id);
	return maps->owner;
}

void grant_map(struct grant_maps *maps, struct gnttab_map_grant_ref *request)
{
	struct grant_table *owner;

	if (unlikely(maps->left-- == 0)) {
		grant_port_space_unlock(&maps->space);
		grant_port_space_lock(&maps->space, maps->holder->domain);
		maps->left = MAPS_AT_ONCE - 1;
	}
	if (!(request->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
		request->status = GNTST_bad_gntref;
		return;
	}
	owner = owner_of(maps, request->dom);
	request->status = owner ? map_of_owner(maps, owner, request) : GNTST_bad_domain;
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
static inline int16_t mapping_undo(struct grant_unmaps *unmaps, struct grant_unmapping *unmapping,
				   uint64_t host_address, uint64_t bus_address)
{
	struct grant_mapping *mapping = unmapping->mapping;

	if (bus_address && bus_address != mfn_to_maddr(mfn(mapping->frame)).n)
		return GNTST_general_error;
	if (host_address && (mapping->flags & GNTMAP_host_map)) {
		int16_t status;

		if (host_address != mapping->address)
			return GNTST_general_error;
		status = grant_port_unmap(&unmaps->space, mapping, &unmapping->held);
		if (status != GNTST_okay)
			return status;
		unmapping->unmapped = unmaps->unmapped = true;
		mapping->flags &= ~(uint32_t)GNTMAP_host_map;
	}
	if (bus_address)
		mapping->flags &= ~(uint32_t)GNTMAP_device_map;
	return GNTST_okay;
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

void grant_unmaps_end(struct grant_unmaps *unmaps)
{
	if (unmaps->unmapped)
		grant_port_forget(&unmaps->space);
	grant_port_space_unlock(&unmaps->space);
	for (uint32_t i = 0; i < unmaps->begun; i++)
		unmapping_finish(unmaps->holder, &unmaps->list[i]);
}

void grant_unmap(struct grant_unmaps *unmaps, struct gnttab_unmap_grant_ref *request)
{
	struct grant_unmapping *unmapping;

	if (unlikely(unmaps->left-- == 0)) {
		grant_unmaps_end(unmaps);
		grant_unmaps_begin(unmaps, unmaps->holder);
		unmaps->left--;
	}
	unmapping = &unmaps->list[unmaps->begun];
	unmapping->handle = request->handle;
	unmapping->unmapped = false;
	unmapping->mapping = grant_handle_take(&unmaps->holder->handles, request->handle);
	if (!unmapping->mapping) {
		request->status = GNTST_bad_handle;
		return;
	}
	unmaps->begun++;
	request->status =
		mapping_undo(unmaps, unmapping, request->host_addr, request->dev_bus_addr);
}

/* `space` is the holder's. */
static int16_t mapping_replace(struct grant_space *space, struct grant_mapping *mapping,
			       const struct gnttab_unmap_and_replace *request)
{
	int16_t status;

	if (!(mapping->flags & GNTMAP_host_map) || request->host_addr != mapping->address)
		return GNTST_general_error;
	if (request->new_addr == 0) {
		enum grant_access held;

		status = grant_port_unmap(space, mapping, &held);
		if (status == GNTST_okay) {
			grant_port_forget(space);
			grant_port_drop_frame(mfn(mapping->frame), held, 1);
		}
	} else {
		if ((mapping->flags & GNTMAP_contains_pte) || request->new_addr == mapping->address)
			return GNTST_general_error;
		status = grant_port_replace(space, mapping, request->new_addr);
	}
	if (status == GNTST_okay)
		mapping->flags &= ~(uint32_t)GNTMAP_host_map;
	return status;
}

void grant_unmap_and_replace(struct grant_table *holder, struct gnttab_unmap_and_replace *request)
{
	struct grant_mapping *mapping = grant_handle_take(&holder->handles, request->handle);
	struct grant_space space;

	if (!mapping) {
		request->status = GNTST_bad_handle;
		return;
	}
	grant_port_space_lock(&space, holder->domain);
	request->status = mapping_replace(&space, mapping, request);
	grant_port_space_unlock(&space);
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
