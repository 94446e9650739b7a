// needs: grant-tables/pin.c grant-tables/table.c grant-tables/handles.c grant-tables/map.c
// needs: tests/unit/model_grants.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_handles.c - handles: reserved, published, taken, given back;
 * and the map calls that use them.
 */
#include "grant-tables/map.h"
#include "tests/unit/check.h"
#include "tests/unit/model_grants.h"

#define HOST   GNTMAP_host_map
#define DEVICE GNTMAP_device_map
#define READ   GNTMAP_readonly

static struct grant_handles *const handles = &domains[1].table.handles;

static void test_handles_life(void)
{
	struct grant_reserved reserved, again;
	struct grant_mapping *mapping;
	grant_handle_t first;

	model_grants_reset();
	EXPECT(!grant_handle_take(handles, 0));
	reserved = grant_handle_reserve(handles);
	mapping = reserved.mapping;
	first = reserved.handle;
	EXPECT(mapping);
	EXPECT_EQUAL(first, 0);
	/* BUSY is nobody's to take. */
	EXPECT(!grant_handle_take(handles, first));
	mapping->address = 7;
	mapping->ref = 3;
	grant_handle_publish(mapping);
	EXPECT(grant_handle_take(handles, first) == mapping);
	EXPECT_EQUAL(mapping->address, 7);
	EXPECT_EQUAL(mapping->ref, 3);
	EXPECT(!grant_handle_take(handles, first));
	grant_handle_release(handles, first);
	EXPECT_EQUAL(handles->used, 0);
	EXPECT(!grant_handle_take(handles, first));
	/* The slot comes back under another number. */
	again = grant_handle_reserve(handles);
	EXPECT(again.mapping == mapping);
	EXPECT(again.handle != first);
	EXPECT_EQUAL(again.handle & ((1u << HANDLE_INDEX_BITS) - 1), first);
	grant_handle_publish(mapping);
	EXPECT(!grant_handle_take(handles, first));
	EXPECT(grant_handle_take(handles, again.handle) == mapping);
	model_grants_end();
}

static void test_handles_generation_wraps(void)
{
	model_grants_reset();
	for (unsigned int i = 0; i < 70000; i++) {
		struct grant_reserved reserved = grant_handle_reserve(handles);

		EXPECT(reserved.mapping);
		EXPECT(reserved.handle != ~0u);
		grant_handle_publish(reserved.mapping);
		EXPECT(grant_handle_take(handles, reserved.handle) == reserved.mapping);
		grant_handle_release(handles, reserved.handle);
	}
	EXPECT_EQUAL(handles->chunk_count, 1);
	model_grants_end();
}

static void test_handles_limit(void)
{
	const uint32_t all = HANDLE_CHUNKS_MAX * HANDLES_PER_CHUNK;
	grant_handle_t wanted = ~0u;
	uint32_t next = 0, found = 0;

	model_grants_reset();
	for (uint32_t i = 0; i < all; i++) {
		struct grant_reserved reserved = grant_handle_reserve(handles);

		EXPECT(reserved.mapping);
		EXPECT_EQUAL(reserved.handle, i);
		if (i == 7 || i == all - 1)
			grant_handle_publish(reserved.mapping);
	}
	EXPECT(!grant_handle_reserve(handles).mapping);
	grant_handle_release(handles, 12345);
	EXPECT_EQUAL(grant_handle_reserve(handles).handle, 12345 | 1u << HANDLE_INDEX_BITS);
	EXPECT(!grant_handle_take(handles, all));
	EXPECT(!grant_handle_take(handles, ~0u));
	while (grant_handle_next(handles, &next, &wanted)) {
		EXPECT_EQUAL(wanted, found ? all - 1 : 7);
		found++;
	}
	EXPECT_EQUAL(found, 2);
	model_grants_end();
}

static void test_handles_no_memory(void)
{
	model_grants_reset();
	model_allocations_left = 0;
	EXPECT(!grant_handle_reserve(handles).mapping);
	model_offer(0, 1, 1, GTF_permit_access, 2);
	EXPECT_EQUAL(model_map(1, 0, 1, HOST, SLOT(0)).status, GNTST_no_space);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access);
	EXPECT_EQUAL(domains[0].references, 0);
	model_allocations_left = -1;
	EXPECT_EQUAL(model_map(1, 0, 1, HOST, SLOT(0)).status, GNTST_okay);
	model_grants_end();
}

static void test_handles_map(void)
{
	struct gnttab_map_grant_ref map;

	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	map = model_map(1, 0, 1, HOST | 5u << _GNTMAP_guest_avail0, SLOT(0));
	EXPECT_EQUAL(map.status, GNTST_okay);
	EXPECT_EQUAL(map.dev_bus_addr, 2 << PAGE_SHIFT);
	EXPECT(domains[1].slots[0].present && domains[1].slots[0].writable);
	EXPECT_EQUAL(domains[1].slots[0].available, 5);
	EXPECT_EQUAL(domains[0].references, 1);
	EXPECT_EQUAL(model_unmap(1, map.handle, SLOT(1)), GNTST_general_error);
	EXPECT_EQUAL(model_unmap(0, map.handle, SLOT(0)), GNTST_bad_handle);
	EXPECT_EQUAL(model_unmap(1, map.handle + 1, SLOT(0)), GNTST_bad_handle);
	EXPECT_EQUAL(model_unmap(1, map.handle, 0), GNTST_okay); /* undoes nothing */
	EXPECT_EQUAL(model_pins(), 1);
	EXPECT_EQUAL(model_unmap(1, map.handle, SLOT(0)), GNTST_okay);
	EXPECT_EQUAL(model_unmap(1, map.handle, SLOT(0)), GNTST_bad_handle);
	EXPECT(!domains[1].slots[0].present);
	EXPECT_EQUAL(model_pins() + model_handles() + domains[0].references, 0);
	model_grants_end();
}

static void test_handles_map_refused(void)
{
	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	EXPECT_EQUAL(model_map(1, 0, 1, 0, SLOT(0)).status, GNTST_bad_gntref);
	EXPECT_EQUAL(model_map(1, 0, 1, READ, SLOT(0)).status, GNTST_bad_gntref);
	EXPECT_EQUAL(model_map(1, 9, 1, HOST, SLOT(0)).status, GNTST_bad_domain);
	EXPECT_EQUAL(model_map(1, 0, ~0u, HOST, SLOT(0)).status, GNTST_bad_gntref);
	EXPECT_EQUAL(model_map(1, 0, 1, HOST, SLOT(9)).status, GNTST_general_error);
	EXPECT_EQUAL(model_map(0, 0, 1, HOST, SLOT(0)).status, GNTST_general_error);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access);
	EXPECT_EQUAL(model_pins() + model_handles() + domains[0].references, 0);
	model_grants_end();
}

static int16_t unmap_parts(grant_handle_t handle, uint64_t host, uint64_t bus)
{
	struct gnttab_unmap_grant_ref request = {
		.host_addr = host, .dev_bus_addr = bus, .handle = handle};

	model_unmap_request(1, &request);
	return request.status;
}

static void test_handles_device_part(void)
{
	struct gnttab_map_grant_ref map;

	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	map = model_map(1, 0, 1, HOST | DEVICE, SLOT(0));
	EXPECT_EQUAL(unmap_parts(map.handle, SLOT(0), map.dev_bus_addr + PAGE_SIZE),
		     GNTST_general_error);
	EXPECT(domains[1].slots[0].present);
	EXPECT_EQUAL(unmap_parts(map.handle, SLOT(0), 0), GNTST_okay);
	EXPECT_EQUAL(model_pins(), 1); /* the device may still write there */
	EXPECT_EQUAL(unmap_parts(map.handle, 0, map.dev_bus_addr), GNTST_okay);
	EXPECT_EQUAL(model_pins() + model_handles(), 0);
	map = model_map(1, 0, 1, DEVICE, 0);
	EXPECT_EQUAL(map.status, GNTST_okay);
	EXPECT_EQUAL(unmap_parts(map.handle, SLOT(0), map.dev_bus_addr), GNTST_okay);
	EXPECT_EQUAL(model_pins() + model_handles(), 0);
	map = model_map(1, 0, 1, HOST | DEVICE, SLOT(0));
	EXPECT_EQUAL(unmap_parts(map.handle, SLOT(0), map.dev_bus_addr), GNTST_okay);
	EXPECT_EQUAL(model_pins() + model_handles(), 0);
	model_grants_end();
}

/* The holder overwrote the entry itself: the page stays lent. */
static void test_handles_entry_gone(void)
{
	struct gnttab_map_grant_ref map;

	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	map = model_map(1, 0, 1, HOST, SLOT(0));
	domains[1].slots[0].present = false;
	EXPECT_EQUAL(model_unmap(1, map.handle, SLOT(0)), GNTST_general_error);
	EXPECT_EQUAL(model_pins(), 1);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access | GTF_reading | GTF_writing);
	domains[1].slots[0].present = true;
	EXPECT_EQUAL(model_unmap(1, map.handle, SLOT(0)), GNTST_okay);
	EXPECT_EQUAL(model_pins(), 0);
	model_grants_end();
}

/* Its holder has written another access into the entry since: each hold goes as it was taken. */
static void test_handles_entry_of_other_access(void)
{
	const struct model_frame *page = &domains[0].frames[2];

	for (uint32_t readonly = 0; readonly < 2; readonly++) {
		struct gnttab_map_grant_ref map;

		model_grants_reset();
		model_offer(0, 1, 1, GTF_permit_access, 2);
		map = model_map(1, 0, 1, HOST | (readonly ? READ : 0), SLOT(0));
		domains[1].slots[0].writable = readonly;
		EXPECT_EQUAL(model_unmap(1, map.handle, SLOT(0)), GNTST_okay);
		EXPECT_EQUAL(page->references, 0);
		EXPECT_EQUAL(page->writes, 0);
		EXPECT_EQUAL(model_pins(), 0);
		EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access);
		model_grants_end();
	}
}

static void test_handles_replace(void)
{
	struct gnttab_unmap_and_replace replace = {.host_addr = SLOT(0), .new_addr = SLOT(1)};

	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	domains[1].slots[1] = (struct model_slot){.present = true, .frame = 103};
	replace.handle = model_map(1, 0, 1, HOST, SLOT(0)).handle;
	replace.host_addr = SLOT(2);
	grant_unmap_and_replace(&domains[1].table, &replace);
	EXPECT_EQUAL(replace.status, GNTST_general_error);
	replace.host_addr = replace.new_addr = SLOT(0);
	grant_unmap_and_replace(&domains[1].table, &replace);
	EXPECT_EQUAL(replace.status, GNTST_general_error);
	replace.new_addr = SLOT(1);
	grant_unmap_and_replace(&domains[1].table, &replace);
	EXPECT_EQUAL(replace.status, GNTST_okay);
	EXPECT_EQUAL(domains[1].slots[0].frame, 103);
	EXPECT(!domains[1].slots[1].present);
	EXPECT_EQUAL(model_pins() + model_handles(), 0);
	grant_unmap_and_replace(&domains[1].table, &replace);
	EXPECT_EQUAL(replace.status, GNTST_bad_handle);
	model_grants_end();
}

/* Requests of one call, which locks page tables three times for them. */
#define MANY (5 * MAPS_AT_ONCE / 2)

/* Of two in a row one owner; each fifth has no such page, each ninth no owner. */
static void map_many(struct gnttab_map_grant_ref *map)
{
	struct grant_maps maps;

	model_space_locks = 0;
	grant_maps_begin(&maps, &domains[1].table);
	for (uint32_t i = 0; i < MANY; i++) {
		map[i] = (struct gnttab_map_grant_ref){
			.host_addr = SLOT(0),
			.flags = HOST,
			.ref = i % 5 ? 1 : 9,
			.dom = (domid_t)(i % 9 ? i / 2 % 2 : MODEL_DOMAINS),
		};
		grant_map(&maps, &map[i]);
		if (i % 9 == 0)
			EXPECT_EQUAL(map[i].status, GNTST_bad_domain);
		else
			EXPECT_EQUAL(map[i].status, i % 5 ? GNTST_okay : GNTST_general_error);
	}
	grant_maps_end(&maps);
	EXPECT_EQUAL(model_space_locks, 3);
}

/* With handles that are none and a wrong address among them: nothing is undone. */
static void unmap_nothing(const struct gnttab_map_grant_ref *map)
{
	struct grant_unmaps unmaps;

	model_space_locks = 0;
	grant_unmaps_begin(&unmaps, &domains[1].table);
	for (uint32_t i = 0; i < MANY; i++) {
		const bool live = map[i].status == GNTST_okay;
		struct gnttab_unmap_grant_ref unmap = {
			.handle = live ? map[i].handle : ~0u,
			.host_addr = i % 2 ? 0 : SLOT(1),
		};

		grant_unmap(&unmaps, &unmap);
		if (live)
			EXPECT_EQUAL(unmap.status, i % 2 ? GNTST_okay : GNTST_general_error);
		else
			EXPECT_EQUAL(unmap.status, GNTST_bad_handle);
	}
	grant_unmaps_end(&unmaps);
	EXPECT_EQUAL(model_space_locks, 3);
}

/* The one slot that all of them have is filled again for each. */
static void unmap_all(const struct gnttab_map_grant_ref *map)
{
	struct grant_unmaps unmaps;

	grant_unmaps_begin(&unmaps, &domains[1].table);
	for (uint32_t i = 0; i < MANY; i++) {
		struct gnttab_unmap_grant_ref unmap = {.handle = map[i].handle,
						       .host_addr = SLOT(0)};

		if (map[i].status != GNTST_okay)
			continue;
		domains[1].slots[0] = (struct model_slot){
			.present = true, .writable = true, .frame = map[i].dom ? 103 : 2};
		grant_unmap(&unmaps, &unmap);
		EXPECT_EQUAL(unmap.status, GNTST_okay);
	}
	grant_unmaps_end(&unmaps);
}

/*
 * Page tables are locked for MAPS_AT_ONCE at a time; owners change in between, and each
 * live handle keeps its own.
 */
static void test_handles_many(void)
{
	struct gnttab_map_grant_ref map[MANY];

	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	model_offer(1, 1, 1, GTF_permit_access, 103);
	map_many(map);
	EXPECT(domains[0].references > 0 && domains[1].references > 0);
	unmap_nothing(map);
	EXPECT_EQUAL(domains[0].references + domains[1].references, model_handles());
	EXPECT_EQUAL(model_pins(), model_handles());
	unmap_all(map);
	EXPECT_EQUAL(model_pins() + model_handles(), 0);
	EXPECT_EQUAL(domains[0].references + domains[1].references, 0);
	EXPECT_EQUAL(domains[0].frames[2].references + domains[1].frames[3].references, 0);
	model_grants_end();
}

/* A dying holder's mappings go step by step. */
static void test_handles_teardown(void)
{
	uint32_t next = 0, calls = 1;

	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	for (unsigned int i = 0; i < 250; i++)
		EXPECT_EQUAL(model_map(1, 0, 1, i & 1 ? DEVICE : HOST, SLOT(0)).status, GNTST_okay);
	while (!grant_unmap_some(&domains[1].table, &next, 100))
		calls++;
	EXPECT_EQUAL(calls, 3);
	EXPECT_EQUAL(model_pins() + model_handles() + domains[0].references, 0);
	EXPECT_EQUAL(domains[0].frames[2].references, 0);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access);
	model_grants_end();
}

int main(void)
{
	RUN(test_handles_life);
	RUN(test_handles_generation_wraps);
	RUN(test_handles_limit);
	RUN(test_handles_no_memory);
	RUN(test_handles_map);
	RUN(test_handles_map_refused);
	RUN(test_handles_device_part);
	RUN(test_handles_entry_gone);
	RUN(test_handles_entry_of_other_access);
	RUN(test_handles_replace);
	RUN(test_handles_many);
	RUN(test_handles_teardown);
	return check_result();
}
