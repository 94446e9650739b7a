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

static int16_t hold(struct model_frame *frame, enum grant_access access)
{
	if (access == GRANT_WRITE && frame->table)
		return GNTST_general_error;
	frame->references++;
	frame->writes += access == GRANT_WRITE;
	return GNTST_okay;
}

int16_t grant_port_hold_frame(domid_t owner, gfn_t number, enum grant_access access, mfn_t *frame)
{
	struct model_frame *held = model_frame(number.n);
	int16_t status;

	if (model_before_hold)
		model_before_hold();
	if (!held || number.n / 100 != owner)
		return GNTST_bad_page;
	status = hold(held, access);
	if (status == GNTST_okay)
		*frame = mfn(number.n);
	return status;
}

int16_t grant_port_hold_again(mfn_t frame, enum grant_access access)
{
	assert(model_frame(frame.n)->references > 0);
	return hold(model_frame(frame.n), access);
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

int16_t grant_port_map(struct domain *holder, const struct grant_mapping *mapping,
		       uint32_t available)
{
	struct model_slot *slot = slot_of(holder, mapping->address);

	if (!slot)
		return GNTST_general_error;
	*slot = (struct model_slot){
		.present = true,
		.writable = !(mapping->flags & GNTMAP_readonly),
		.frame = mapping->frame,
		.available = available,
	};
	return GNTST_okay;
}

int16_t grant_port_unmap(struct domain *holder, const struct grant_mapping *mapping,
			 enum grant_access *held)
{
	struct model_slot *slot = slot_of(holder, mapping->address);

	if (!slot || !slot->present || slot->frame != mapping->frame)
		return GNTST_general_error;
	/* Entries hold nothing here: what they would have held is held from now on. */
	*held = slot->writable ? GRANT_WRITE : GRANT_READ;
	assert(grant_port_hold_again(mfn(mapping->frame), *held) == GNTST_okay);
	*slot = (struct model_slot){0};
	unforgotten = true;
	return GNTST_okay;
}

void grant_port_forget(struct domain *holder)
{
	(void)holder;
	unforgotten = false;
}

int16_t grant_port_replace(struct domain *holder, const struct grant_mapping *mapping,
			   uint64_t new_address)
{
	struct model_slot *from = slot_of(holder, new_address);
	enum grant_access held;

	if (!from || grant_port_unmap(holder, mapping, &held) != GNTST_okay)
		return GNTST_general_error;
	grant_port_forget(holder);
	grant_port_drop_frame(mfn(mapping->frame), held, 1);
	*slot_of(holder, mapping->address) = *from;
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

	grant_map(&domains[holder].table, &request);
	return request;
}

void model_unmap_request(uint32_t holder, struct gnttab_unmap_grant_ref *request)
{
	struct grant_unmapping unmapping;

	if (grant_unmap_begin(&domains[holder].table, request, &unmapping))
		grant_unmap_finish(&domains[holder].table, &unmapping, 1);
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
