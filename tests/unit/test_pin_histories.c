// needs: grant-tables/copy.c grant-tables/pin.c grant-tables/table.c grant-tables/handles.c
// needs: grant-tables/map.c tests/unit/model_grants.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_pin_histories.c - every short history of an owner who
 * offers, rewrites and revokes two references, honestly or not, and a holder
 * who maps, copies and unmaps, rightly or not; and long random ones.
 *
 * After each step: the result is the reference's; as many pins as handles; a
 * page's references and uses are its pins; a page in a writable slot is no
 * page table; the marks in the entries are those of the pins.
 */
#include <stdlib.h>

#include "grant-tables/copy.h"
#include "grant-tables/map.h"
#include "tests/unit/check.h"
#include "tests/unit/model_grants.h"

#define REFS   2
#define FRAMES 2 /* of the owner's */
#define LIVE   4 /* handles a history remembers */
#define DEPTH  5
#define RANDOM 2000000

enum { OWNER, HOLDER };

/* The reference: mappings, and what the entries and pages must look like. --------- */

struct simple_map {
	bool live, write, in_slot;
	uint32_t ref, frame, slot;
};

struct simple {
	struct simple_map maps[LIVE];
	uint16_t flags[REFS];
	uint32_t frame[REFS];
	bool table[FRAMES];
};

/* Beside it: the real calls' answers. */
struct state {
	struct simple simple;
	grant_handle_t handles[LIVE];
};

static struct state now;

static unsigned int maps_of_ref(uint32_t ref, bool writes_only)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < LIVE; i++) {
		const struct simple_map *map = &now.simple.maps[i];

		count += map->live && map->ref == ref && (map->write || !writes_only);
	}
	return count;
}

static unsigned int maps_of_frame(uint32_t frame, bool writes_only)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < LIVE; i++) {
		const struct simple_map *map = &now.simple.maps[i];

		count += map->live && map->frame == frame && (map->write || !writes_only);
	}
	return count;
}

static void simple_marks(uint32_t ref, bool pinned_write)
{
	now.simple.flags[ref] |= GTF_reading | (pinned_write ? GTF_writing : 0);
}

static void simple_unmarks(uint32_t ref)
{
	if (!maps_of_ref(ref, true))
		now.simple.flags[ref] &= (uint16_t)~GTF_writing;
	if (!maps_of_ref(ref, false))
		now.simple.flags[ref] &= (uint16_t)~GTF_reading;
}

/* May the holder pin it, and which page does it get? */
static int simple_pin(uint32_t ref, bool write, uint32_t *frame)
{
	*frame = now.simple.frame[ref];
	if ((now.simple.flags[ref] & GTF_type_mask) != GTF_permit_access)
		return GNTST_general_error;
	if (write && (now.simple.flags[ref] & GTF_readonly))
		return GNTST_general_error;
	for (unsigned int i = 0; i < LIVE; i++)
		if (now.simple.maps[i].live && now.simple.maps[i].ref == ref)
			*frame = now.simple.maps[i].frame;
	if (write && now.simple.table[*frame]) {
		/* Found out after marking: marks of other mappings are back then. */
		simple_marks(ref, true);
		simple_unmarks(ref);
		return GNTST_general_error;
	}
	return GNTST_okay;
}

/* Steps ------------------------------------------------------------------------ */

enum step_kind { OFFER, REVOKE, REVOKE_HONEST, TABLE, MAP, UNMAP, UNMAP_WRONG, OVERWRITE, COPY };

static const char *const names[] = {"offer", "revoke",	    "revoke-if-free", "table", "map",
				    "unmap", "unmap-wrong", "overwrite",      "copy"};

struct step {
	enum step_kind kind;
	uint32_t a, b, c;
};

static struct step steps[64];
static unsigned int step_count;

static void steps_add(enum step_kind kind, uint32_t a, uint32_t b, uint32_t c)
{
	steps[step_count++] = (struct step){kind, a, b, c};
}

static void steps_make(void)
{
	steps_add(OFFER, 0, 0, GTF_permit_access);
	steps_add(OFFER, 0, 1, GTF_permit_access | GTF_readonly);
	steps_add(OFFER, 1, 1, GTF_permit_access);
	for (uint32_t ref = 0; ref < REFS; ref++) {
		steps_add(REVOKE, ref, 0, 0);
		steps_add(REVOKE_HONEST, ref, 0, 0);
		steps_add(MAP, ref, ref, false);
		steps_add(MAP, ref, ref + 2, true);
		steps_add(COPY, ref, 0, true);
	}
	steps_add(COPY, 0, 0, false);
	steps_add(TABLE, 0, true, 0);
	steps_add(TABLE, 0, false, 0);
	steps_add(TABLE, 1, true, 0);
	for (uint32_t i = 0; i < 2; i++)
		steps_add(UNMAP, i, 0, 0);
	steps_add(UNMAP_WRONG, 0, 0, 0);
	steps_add(OVERWRITE, 2, 0, 0);
}

static void step_offer(const struct step *s)
{
	now.simple.flags[s->a] = (uint16_t)s->c;
	now.simple.frame[s->a] = s->b;
	model_offer(OWNER, s->a, HOLDER, (uint16_t)s->c, s->b);
}

/* As a guest that means to have its page back: only an entry without marks. */
static void step_revoke(const struct step *s)
{
	if (s->kind == REVOKE_HONEST && (now.simple.flags[s->a] & (GTF_reading | GTF_writing)))
		return;
	now.simple.flags[s->a] = 0;
	model_offer(OWNER, s->a, HOLDER, 0, now.simple.frame[s->a]);
}

static void step_table(const struct step *s)
{
	if (s->b && maps_of_frame(s->a, true))
		return;
	EXPECT(!s->b || domains[OWNER].frames[s->a].writes == 0);
	now.simple.table[s->a] = s->b;
	domains[OWNER].frames[s->a].table = s->b;
}

static void step_map(const struct step *s)
{
	struct gnttab_map_grant_ref request;
	unsigned int at = 0;
	uint32_t frame;
	int expected;

	while (at < LIVE && now.simple.maps[at].live)
		at++;
	if (at == LIVE)
		return;
	expected = simple_pin(s->a, s->c, &frame);
	request = model_map(HOLDER, OWNER, s->a, GNTMAP_host_map | (s->c ? 0 : GNTMAP_readonly),
			    SLOT(s->b));
	EXPECT_EQUAL(request.status, expected);
	if (expected != GNTST_okay)
		return;
	EXPECT_EQUAL(request.dev_bus_addr, (uint64_t)frame << PAGE_SHIFT);
	simple_marks(s->a, s->c);
	/* What was in the slot is in it no longer. */
	for (unsigned int i = 0; i < LIVE; i++)
		if (now.simple.maps[i].slot == s->b)
			now.simple.maps[i].in_slot = false;
	now.simple.maps[at] = (struct simple_map){true, s->c, true, s->a, frame, s->b};
	now.handles[at] = request.handle;
	for (unsigned int i = 0; i < LIVE; i++)
		EXPECT(i == at || !now.simple.maps[i].live || now.handles[i] != now.handles[at]);
}

/* The slot may hold the same page by another mapping: that is as good. */
static bool simple_slot_matches(const struct simple_map *map)
{
	for (unsigned int i = 0; i < LIVE; i++) {
		const struct simple_map *other = &now.simple.maps[i];

		if (other->live && other->in_slot && other->slot == map->slot)
			return other->frame == map->frame;
	}
	return false;
}

static void step_unmap(const struct step *s)
{
	struct simple_map *map = &now.simple.maps[s->a];
	bool matches;

	if (!map->live) {
		EXPECT_EQUAL(model_unmap(HOLDER, now.handles[s->a], SLOT(map->slot)),
			     GNTST_bad_handle);
		return;
	}
	if (s->kind == UNMAP_WRONG) {
		EXPECT_EQUAL(model_unmap(HOLDER, now.handles[s->a], SLOT(map->slot ^ 1)),
			     GNTST_general_error);
		EXPECT_EQUAL(model_unmap(OWNER, now.handles[s->a], SLOT(map->slot)),
			     GNTST_bad_handle);
		return;
	}
	matches = simple_slot_matches(map);
	EXPECT_EQUAL(model_unmap(HOLDER, now.handles[s->a], SLOT(map->slot)),
		     matches ? GNTST_okay : GNTST_general_error);
	if (!matches)
		return;
	for (unsigned int i = 0; i < LIVE; i++)
		if (now.simple.maps[i].slot == map->slot)
			now.simple.maps[i].in_slot = false;
	map->live = false;
	simple_unmarks(map->ref);
}

static void step_overwrite(const struct step *s)
{
	domains[HOLDER].slots[s->a].present = false;
	for (unsigned int i = 0; i < LIVE; i++)
		if (now.simple.maps[i].slot == s->a)
			now.simple.maps[i].in_slot = false;
}

static void step_copy(const struct step *s)
{
	struct grant_copies copies;
	struct gnttab_copy copy = {.len = 4};
	struct gnttab_copy_ptr theirs = {.u.ref = s->a, .domid = OWNER};
	struct gnttab_copy_ptr ours = {.u.gmfn = 101, .domid = DOMID_SELF};
	uint32_t frame;

	copy.source = s->c ? ours : theirs;
	copy.dest = s->c ? theirs : ours;
	copy.flags = s->c ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	grant_copies_begin(&copies, &domains[HOLDER].table);
	grant_copy(&copies, &copy);
	grant_copies_end(&copies);
	EXPECT_EQUAL(copy.status, simple_pin(s->a, s->c, &frame));
	/* Pinned and let go: marks that the owner took away are not back. */
	if (copy.status == GNTST_okay) {
		simple_marks(s->a, s->c);
		simple_unmarks(s->a);
	}
}

static void step_do(const struct step *s)
{
	switch (s->kind) {
	case OFFER:
		step_offer(s);
		break;
	case REVOKE:
	case REVOKE_HONEST:
		step_revoke(s);
		break;
	case TABLE:
		step_table(s);
		break;
	case MAP:
		step_map(s);
		break;
	case UNMAP:
	case UNMAP_WRONG:
		step_unmap(s);
		break;
	case OVERWRITE:
		step_overwrite(s);
		break;
	case COPY:
		step_copy(s);
		break;
	}
}

/* Comparing -------------------------------------------------------------------- */

static void compare(void)
{
	struct grant_table_locked owner = grant_table_lock(&domains[OWNER].table);
	unsigned int live = 0;

	for (uint32_t ref = 0; ref < REFS; ref++) {
		struct grant_offer offer;
		const struct grant_pin *pin = grant_offer_of(owner, ref, &offer) ? offer.pin : NULL;

		EXPECT_EQUAL(pin->mappings[GRANT_WRITE], maps_of_ref(ref, true));
		EXPECT_EQUAL(pin->mappings[GRANT_READ] + pin->mappings[GRANT_WRITE],
			     maps_of_ref(ref, false));
		EXPECT_EQUAL(model_flags(OWNER, ref), now.simple.flags[ref]);
	}
	grant_table_unlock(owner);
	for (uint32_t frame = 0; frame < FRAMES; frame++) {
		const struct model_frame *real = &domains[OWNER].frames[frame];

		EXPECT_EQUAL(real->references, maps_of_frame(frame, false));
		EXPECT_EQUAL(real->writes, maps_of_frame(frame, true));
		EXPECT(!real->table || real->writes == 0);
	}
	for (unsigned int i = 0; i < LIVE; i++)
		live += now.simple.maps[i].live;
	EXPECT_EQUAL(domains[HOLDER].table.handles.used, live);
	EXPECT_EQUAL(domains[OWNER].references, live);
	EXPECT_EQUAL(domains[OWNER].table.handles.used, 0);
	/* A slot never leads to a page that is not lent, or writably to a table. */
	for (unsigned int i = 0; i < MODEL_SLOTS; i++) {
		const struct model_slot *slot = &domains[HOLDER].slots[i];

		if (!slot->present)
			continue;
		EXPECT(maps_of_frame((uint32_t)slot->frame, slot->writable) > 0);
		EXPECT(!slot->writable || !domains[OWNER].frames[slot->frame].table);
	}
}

static void describe(const struct step *const *history, unsigned int length)
{
	size_t used = strlen(check_state.reason);

	for (unsigned int i = 0; i < length && used < sizeof(check_state.reason); i++)
		used += (size_t)snprintf(check_state.reason + used,
					 sizeof(check_state.reason) - used, "%s %s(%u,%u,%u)",
					 i ? ";" : " after", names[history[i]->kind], history[i]->a,
					 history[i]->b, history[i]->c);
}

/* Histories -------------------------------------------------------------------- */

/* All that a step may change; handles are those of one chunk, made beforehand. */
struct snapshot {
	struct state state;
	grant_entry_v1_t entries[REFS];
	struct grant_pin pins[REFS];
	struct {
		uint32_t references, writes;
		bool table;
	} frames[FRAMES];
	struct model_slot slots[MODEL_SLOTS];
	struct grant_handle handles[LIVE + 1];
	uint32_t first_free, used, references;
};

static void snapshot_take(struct snapshot *to)
{
	const struct grant_frame *first = &domains[OWNER].table.frames[0];
	const struct grant_handles *handles = &domains[HOLDER].table.handles;

	to->state = now;
	memcpy(to->entries, first->entries, sizeof(to->entries));
	memcpy(to->pins, first->pins, sizeof(to->pins));
	for (unsigned int i = 0; i < FRAMES; i++) {
		to->frames[i].references = domains[OWNER].frames[i].references;
		to->frames[i].writes = domains[OWNER].frames[i].writes;
		to->frames[i].table = domains[OWNER].frames[i].table;
	}
	memcpy(to->slots, domains[HOLDER].slots, sizeof(to->slots));
	memcpy(to->handles, handles->chunks[0], sizeof(to->handles));
	to->first_free = handles->first_free;
	to->used = handles->used;
	to->references = domains[OWNER].references;
}

static void snapshot_restore(const struct snapshot *from)
{
	struct grant_frame *first = &domains[OWNER].table.frames[0];
	struct grant_handles *handles = &domains[HOLDER].table.handles;

	now = from->state;
	memcpy(first->entries, from->entries, sizeof(from->entries));
	memcpy(first->pins, from->pins, sizeof(from->pins));
	for (unsigned int i = 0; i < FRAMES; i++) {
		domains[OWNER].frames[i].references = from->frames[i].references;
		domains[OWNER].frames[i].writes = from->frames[i].writes;
		domains[OWNER].frames[i].table = from->frames[i].table;
	}
	memcpy(domains[HOLDER].slots, from->slots, sizeof(from->slots));
	memcpy(handles->chunks[0], from->handles, sizeof(from->handles));
	handles->first_free = from->first_free;
	handles->used = from->used;
	domains[OWNER].references = from->references;
}

/* Refs 0 and 1 are offered, so that short histories are about something. */
static void start(void)
{
	struct grant_handles *handles = &domains[HOLDER].table.handles;
	struct grant_reserved reserved;

	memset(&now, 0, sizeof(now));
	for (unsigned int i = 0; i < LIVE; i++)
		now.handles[i] = ~0u;
	model_grants_reset();
	reserved = grant_handle_reserve(handles);
	EXPECT(reserved.mapping);
	grant_handle_release(handles, reserved.handle);
	step_offer(&(struct step){OFFER, 0, 0, GTF_permit_access});
	step_offer(&(struct step){OFFER, 1, 0, GTF_permit_access | GTF_readonly});
}

static unsigned long tried;

static void explore(const struct step **history, unsigned int depth)
{
	struct snapshot before;

	snapshot_take(&before);
	for (unsigned int i = 0; i < step_count; i++) {
		history[depth] = &steps[i];
		step_do(&steps[i]);
		compare();
		tried++;
		if (check_state.failed) {
			describe(history, depth + 1);
			return;
		}
		if (depth + 1 < DEPTH) {
			explore(history, depth + 1);
			if (check_state.failed)
				return;
		}
		snapshot_restore(&before);
	}
}

static void test_pin_histories_all(void)
{
	const struct step *history[DEPTH];

	start();
	explore(history, 0);
	EXPECT(tried > 1000000);
	model_grants_end();
}

static void test_pin_histories_random(void)
{
	const struct step *last[6] = {0};
	uint64_t seed = 88172645463325252ull;

	start();
	for (unsigned long i = 0; i < RANDOM && !check_state.failed; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memmove(last, last + 1, sizeof(last) - sizeof(last[0]));
		last[5] = &steps[(seed >> 20) % step_count];
		step_do(last[5]);
		compare();
		/* Handles whose entries are overwritten stay: begin anew at times. */
		if (!check_state.failed && i % 200 == 199) {
			model_grants_end();
			start();
		}
	}
	if (check_state.failed)
		describe(last, last[0] ? 6 : 0);
	model_grants_end();
}

int main(void)
{
	steps_make();
	RUN(test_pin_histories_all);
	RUN(test_pin_histories_random);
	return check_result();
}
