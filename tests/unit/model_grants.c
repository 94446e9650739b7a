/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/model_grants.c - see model_grants.h.
 */
#include "tests/unit/model_grants.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "grant-tables/map.h"

struct domain domains[MODEL_DOMAINS];
unsigned int model_allocations;
int model_allocations_left = -1;
void (*model_before_hold)(void);

void spin_wait(void)
{
	assert(!"one thread never waits for a lock");
}

struct model_frame *model_frame(uint64_t number)
{
	if (number / 100 >= MODEL_DOMAINS || number % 100 >= MODEL_FRAMES)
		return NULL;
	return &domains[number / 100].frames[number % 100];
}

static int16_t hold(struct model_frame *frame, enum grant_access access, uint32_t times)
{
	if (access == GRANT_WRITE && frame->table)
		return GNTST_general_error;
	frame->references += times;
	frame->writes += access == GRANT_WRITE ? times : 0;
	return GNTST_okay;
}

int16_t grant_port_hold_frame(domid_t owner, gfn_t number, enum grant_access access, uint32_t times,
			      mfn_t *frame)
{
	struct model_frame *held = model_frame(number.n);
	int16_t status;

	if (model_before_hold)
		model_before_hold();
	if (!held || number.n / 100 != owner)
		return GNTST_bad_page;
	status = hold(held, access, times);
	if (status == GNTST_okay)
		*frame = mfn(number.n);
	return status;
}

int16_t grant_port_hold_again(mfn_t frame, enum grant_access access, uint32_t times)
{
	assert(model_frame(frame.n)->references > 0);
	return hold(model_frame(frame.n), access, times);
}

/* Pages taken out of tables that no grant_port_forget() has come for yet. */
static bool unforgotten;

void grant_port_drop_frame(mfn_t frame, enum grant_access access, uint32_t times)
{
	struct model_frame *held = model_frame(frame.n);

	assert(!unforgotten);
	assert(held->references >= times && (access == GRANT_READ || held->writes >= times));
	held->references -= times;
	held->writes -= access == GRANT_WRITE ? times : 0;
}

void *grant_port_alloc(size_t bytes)
{
	void *object;

	if (model_allocations_left == 0)
		return NULL;
	model_allocations_left -= model_allocations_left > 0;
	object = calloc(1, bytes);
	assert(object);
	model_allocations++;
	return object;
}

void grant_port_free(void *object)
{
	model_allocations -= object != NULL;
	free(object);
}

void *grant_port_alloc_shared(struct domain *domain, mfn_t *frame)
{
	(void)domain;
	*frame = mfn(9000);
	return grant_port_alloc(PAGE_SIZE);
}

void grant_port_free_shared(void *page)
{
	grant_port_free(page);
}

struct grant_table *grant_port_table_get(domid_t id)
{
	if (id >= MODEL_DOMAINS)
		return NULL;
	domains[id].references++;
	return &domains[id].table;
}

void grant_port_table_get_again(struct grant_table *table)
{
	assert(table->domain->references > 0);
	table->domain->references++;
}

void grant_port_table_put(struct grant_table *table)
{
	assert(table->domain->references > 0);
	table->domain->references--;
}

static struct model_slot *slot_of(struct domain *domain, uint64_t address)
{
	uint64_t slot = address / 0x1000 - 1;

	return address % 0x1000 || slot >= MODEL_SLOTS ? NULL : &domain->slots[slot];
}

/* Whose page tables are locked. */
static struct domain *space_of;
unsigned int model_space_locks;

void grant_port_space_lock(struct grant_space *space, struct domain *holder)
{
	assert(!space_of);
	space_of = space->holder = holder;
	model_space_locks++;
}

void grant_port_space_unlock(struct grant_space *space)
{
	assert(space_of && space->holder == space_of);
	space_of = NULL;
}

static struct model_slot *slot_in(const struct grant_space *space, uint64_t address)
{
	assert(space_of && space->holder == space_of);
	return slot_of(space->holder, address);
}

int16_t grant_port_map(struct grant_space *space, const struct grant_mapping *mapping,
		       uint32_t available)
{
	struct model_slot *slot = slot_in(space, mapping->address);

	if (!slot)
		return GNTST_general_error;
	*slot = (struct model_slot){
		.present = true,
		.writable = !(mapping->flags & GNTMAP_readonly),
		.frame = mapping->frame,
		.available = available,
	};
	/* Entries hold nothing here: what it would have is let go. */
	grant_port_drop_frame(mfn(mapping->frame), slot->writable ? GRANT_WRITE : GRANT_READ, 1);
	return GNTST_okay;
}

int16_t grant_port_unmap(struct grant_space *space, const struct grant_mapping *mapping,
			 enum grant_access *held)
{
	struct model_slot *slot = slot_in(space, mapping->address);

	if (!slot || !slot->present || slot->frame != mapping->frame)
		return GNTST_general_error;
	/* What it would have held is held from now on. */
	*held = slot->writable ? GRANT_WRITE : GRANT_READ;
	assert(grant_port_hold_again(mfn(mapping->frame), *held, 1) == GNTST_okay);
	*slot = (struct model_slot){0};
	unforgotten = true;
	return GNTST_okay;
}

void grant_port_forget(struct grant_space *space)
{
	assert(space_of && space->holder == space_of);
	unforgotten = false;
}

int16_t grant_port_replace(struct grant_space *space, const struct grant_mapping *mapping,
			   uint64_t new_address)
{
	struct model_slot *from = slot_in(space, new_address);
	enum grant_access held;

	if (!from || grant_port_unmap(space, mapping, &held) != GNTST_okay)
		return GNTST_general_error;
	grant_port_forget(space);
	grant_port_drop_frame(mfn(mapping->frame), held, 1);
	*slot_in(space, mapping->address) = *from;
	*from = (struct model_slot){0};
	return GNTST_okay;
}

void grant_port_copy(mfn_t to, uint32_t to_offset, mfn_t from, uint32_t from_offset,
		     uint32_t length)
{
	struct model_frame *target = model_frame(to.n), *source = model_frame(from.n);

	assert(target->references > 0 && target->writes > 0 && source->references > 0);
	assert(to_offset + length <= PAGE_SIZE && from_offset + length <= PAGE_SIZE);
	memmove(target->bytes + to_offset, source->bytes + from_offset, length);
}

void model_grants_reset(void)
{
	memset(domains, 0, sizeof(domains));
	model_before_hold = NULL;
	model_allocations_left = -1;
	for (uint32_t i = 0; i < MODEL_DOMAINS; i++) {
		domains[i].table.frame_limit = GRANT_FRAMES_MAX;
		domains[i].table.handles.chunk_limit = HANDLE_CHUNKS_MAX;
		if (!grant_table_init(&domains[i].table, &domains[i], (domid_t)i))
			abort();
	}
}

void model_grants_end(void)
{
	for (uint32_t i = 0; i < MODEL_DOMAINS; i++)
		grant_table_free(&domains[i].table);
}

static grant_entry_v1_t *entry_of(uint32_t owner, grant_ref_t ref)
{
	return &domains[owner].table.frames[ref / GRANTS_PER_FRAME].entries[ref % GRANTS_PER_FRAME];
}

void model_offer(uint32_t owner, grant_ref_t ref, uint32_t holder, uint16_t flags, uint64_t frame)
{
	*entry_of(owner, ref) = (grant_entry_v1_t){
		.flags = flags,
		.domid = (domid_t)holder,
		.frame = (uint32_t)frame,
	};
}

uint16_t model_flags(uint32_t owner, grant_ref_t ref)
{
	return entry_of(owner, ref)->flags;
}

struct gnttab_map_grant_ref model_map(uint32_t holder, uint32_t owner, grant_ref_t ref,
				      uint32_t flags, uint64_t address)
{
	struct gnttab_map_grant_ref request = {
		.host_addr = address,
		.flags = flags,
		.ref = ref,
		.dom = (domid_t)owner,
		.status = 77,
	};
	struct grant_maps maps;

	grant_maps_begin(&maps, &domains[holder].table);
	grant_map(&maps, &request);
	grant_maps_end(&maps);
	return request;
}

void model_unmap_request(uint32_t holder, struct gnttab_unmap_grant_ref *request)
{
	struct grant_unmaps unmaps;

	grant_unmaps_begin(&unmaps, &domains[holder].table);
	grant_unmap(&unmaps, request);
	grant_unmaps_end(&unmaps);
}

int16_t model_unmap(uint32_t holder, grant_handle_t handle, uint64_t address)
{
	struct gnttab_unmap_grant_ref request = {
		.host_addr = address,
		.handle = handle,
		.status = 77,
	};

	model_unmap_request(holder, &request);
	return request.status;
}

uint64_t model_pins(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < MODEL_DOMAINS; i++) {
		struct grant_table_locked locked = grant_table_lock(&domains[i].table);

		sum += grant_table_pins(locked);
		grant_table_unlock(locked);
	}
	return sum;
}

uint64_t model_handles(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < MODEL_DOMAINS; i++)
		sum += domains[i].table.handles.used;
	return sum;
}
