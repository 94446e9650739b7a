// needs: grant-tables/pin.c grant-tables/table.c grant-tables/handles.c grant-tables/map.c
// needs: tests/unit/model_grants.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_pin.c - offers: what may be pinned, what is marked, what
 * happens when the owner changes its mind; the table's size and swap.
 */
#include "tests/unit/check.h"
#include "tests/unit/model_grants.h"

/* Domain 0 owns, domain 1 holds. */
static int16_t pin(grant_ref_t ref, domid_t holder, enum grant_access access, mfn_t *frame)
{
	struct grant_table_locked owner = grant_table_lock(&domains[0].table);
	struct grant_pinned pinned = grant_pin(owner, ref, holder, access, 1);

	grant_table_unlock(owner);
	if (pinned.status == GNTST_okay)
		*frame = pinned.frame;
	return pinned.status;
}

static void unpin(grant_ref_t ref, enum grant_access access)
{
	struct grant_table_locked owner = grant_table_lock(&domains[0].table);

	grant_unpin(owner, ref, access, 1);
	grant_table_unlock(owner);
}

static mfn_t frame;

static void test_pin_refused(void)
{
	model_grants_reset();
	EXPECT_EQUAL(pin(GRANTS_PER_FRAME, 1, GRANT_READ, &frame), GNTST_bad_gntref);
	EXPECT_EQUAL(pin(~0u, 1, GRANT_READ, &frame), GNTST_bad_gntref);
	EXPECT_EQUAL(pin(1, 1, GRANT_READ, &frame), GNTST_general_error);
	model_offer(0, 1, 1, GTF_permit_access | GTF_readonly, 2);
	EXPECT_EQUAL(pin(1, 2, GRANT_READ, &frame), GNTST_general_error);
	EXPECT_EQUAL(pin(1, 1, GRANT_WRITE, &frame), GNTST_general_error);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access | GTF_readonly);
	model_offer(0, 1, 1, GTF_accept_transfer, 2);
	EXPECT_EQUAL(pin(1, 1, GRANT_READ, &frame), GNTST_general_error);
	model_offer(0, 1, 1, GTF_transitive, 2);
	EXPECT_EQUAL(pin(1, 1, GRANT_READ, &frame), GNTST_general_error);
	model_offer(0, 1, 1, GTF_permit_access, 50);
	EXPECT_EQUAL(pin(1, 1, GRANT_READ, &frame), GNTST_bad_page);
	model_offer(0, 1, 1, GTF_permit_access, 100); /* domain 1's own */
	EXPECT_EQUAL(pin(1, 1, GRANT_READ, &frame), GNTST_bad_page);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access);
	EXPECT_EQUAL(model_pins(), 0);
	model_grants_end();
}

static void test_pin_marks(void)
{
	model_grants_reset();
	model_offer(0, 3, 1, GTF_permit_access, 2);
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_okay);
	EXPECT_EQUAL(frame.n, 2);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access | GTF_reading);
	EXPECT_EQUAL(pin(3, 1, GRANT_WRITE, &frame), GNTST_okay);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access | GTF_reading | GTF_writing);
	EXPECT_EQUAL(domains[0].frames[2].references, 2);
	EXPECT_EQUAL(domains[0].frames[2].writes, 1);
	unpin(3, GRANT_WRITE);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access | GTF_reading);
	unpin(3, GRANT_READ);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access);
	EXPECT_EQUAL(domains[0].frames[2].references, 0);
	EXPECT_EQUAL(pin(3, 1, GRANT_WRITE, &frame), GNTST_okay);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access | GTF_reading | GTF_writing);
	unpin(3, GRANT_WRITE);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access);
	model_grants_end();
}

/* Only the first pin believes the entry's frame number and holder. */
static void test_pin_owner_rewrites(void)
{
	model_grants_reset();
	model_offer(0, 3, 1, GTF_permit_access, 2);
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_okay);
	model_offer(0, 3, 1, GTF_permit_access, 1);
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_okay);
	EXPECT_EQUAL(frame.n, 2);
	EXPECT_EQUAL(domains[0].frames[2].references, 2);
	EXPECT_EQUAL(domains[0].frames[1].references, 0);
	model_offer(0, 3, 0, GTF_permit_access, 1);
	EXPECT_EQUAL(pin(3, 0, GRANT_READ, &frame), GNTST_general_error);
	model_offer(0, 3, 0, 0, 0);
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_general_error);
	unpin(3, GRANT_READ);
	unpin(3, GRANT_READ);
	EXPECT_EQUAL(model_flags(0, 3), 0);
	EXPECT_EQUAL(domains[0].frames[2].references, 0);
	model_grants_end();
}

static void test_pin_page_table(void)
{
	model_grants_reset();
	domains[0].frames[0].table = true;
	model_offer(0, 3, 1, GTF_permit_access, 0);
	EXPECT_EQUAL(pin(3, 1, GRANT_WRITE, &frame), GNTST_general_error);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access);
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_okay);
	/* A second, writable one is refused and takes no mark of the first. */
	EXPECT_EQUAL(pin(3, 1, GRANT_WRITE, &frame), GNTST_general_error);
	EXPECT_EQUAL(model_flags(0, 3), GTF_permit_access | GTF_reading);
	unpin(3, GRANT_READ);
	EXPECT_EQUAL(domains[0].frames[0].references, 0);
	model_grants_end();
}

static void test_pin_count_limit(void)
{
	model_grants_reset();
	model_offer(0, 3, 1, GTF_permit_access, 0);
	for (unsigned int i = 0; i < UINT16_MAX; i++)
		EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_okay);
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_general_error);
	EXPECT_EQUAL(pin(3, 1, GRANT_WRITE, &frame), GNTST_okay);
	EXPECT_EQUAL(domains[0].frames[0].references, UINT16_MAX + 1);
	model_grants_end();
}

/* The owner takes the entry back after it was marked: the pin stands all the same. */
static void revoke(void)
{
	model_offer(0, 3, 0, 0, 0);
}

static void test_pin_revoked_meanwhile(void)
{
	model_grants_reset();
	model_offer(0, 3, 1, GTF_permit_access, 2);
	model_before_hold = revoke;
	EXPECT_EQUAL(pin(3, 1, GRANT_READ, &frame), GNTST_okay);
	EXPECT_EQUAL(frame.n, 2);
	unpin(3, GRANT_READ);
	EXPECT_EQUAL(model_flags(0, 3), 0);
	EXPECT_EQUAL(model_pins(), 0);
	model_grants_end();
}

static int16_t grow(uint32_t frames)
{
	struct grant_table_locked locked = grant_table_lock(&domains[0].table);
	int16_t status = grant_table_grow(locked, frames);

	grant_table_unlock(locked);
	return status;
}

static void test_pin_table_grows(void)
{
	model_grants_reset();
	EXPECT_EQUAL(domains[0].table.frame_count, 1);
	EXPECT_EQUAL(grow(0), GNTST_okay);
	EXPECT_EQUAL(grow(3), GNTST_okay);
	EXPECT_EQUAL(domains[0].table.frame_count, 3);
	EXPECT_EQUAL(grow(2), GNTST_okay);
	EXPECT_EQUAL(domains[0].table.frame_count, 3);
	EXPECT_EQUAL(grow(GRANT_FRAMES_MAX + 1), GNTST_general_error);
	EXPECT_EQUAL(grow(~0u), GNTST_general_error);
	EXPECT_EQUAL(domains[0].table.frame_count, 3);
	model_offer(0, 3 * GRANTS_PER_FRAME - 1, 1, GTF_permit_access, 2);
	EXPECT_EQUAL(pin(3 * GRANTS_PER_FRAME - 1, 1, GRANT_READ, &frame), GNTST_okay);
	EXPECT_EQUAL(pin(3 * GRANTS_PER_FRAME, 1, GRANT_READ, &frame), GNTST_bad_gntref);
	unpin(3 * GRANTS_PER_FRAME - 1, GRANT_READ);
	EXPECT_EQUAL(grow(GRANT_FRAMES_MAX), GNTST_okay);
	model_grants_end();
}

/* Every allocation in turn fails: what is there stays usable, nothing leaks. */
static void test_pin_table_no_memory(void)
{
	unsigned int before = model_allocations;

	for (int left = 0; left < 8; left++) {
		memset(domains, 0, sizeof(domains));
		model_allocations_left = left;
		domains[0].table.frame_limit = GRANT_FRAMES_MAX;
		domains[0].table.handles.chunk_limit = HANDLE_CHUNKS_MAX;
		if (grant_table_init(&domains[0].table, &domains[0], 0)) {
			int16_t status = grow(3);

			EXPECT(status == GNTST_okay || status == GNTST_no_space);
			EXPECT_EQUAL(status == GNTST_okay, left >= 7);
			EXPECT(domains[0].table.frame_count >= 1);
			grant_table_free(&domains[0].table);
		}
		EXPECT_EQUAL(model_allocations, before);
	}
	model_allocations_left = -1;
}

static int16_t swap(grant_ref_t a, grant_ref_t b)
{
	struct grant_table_locked locked = grant_table_lock(&domains[0].table);
	int16_t status = grant_table_swap(locked, a, b);

	grant_table_unlock(locked);
	return status;
}

static void test_pin_swap(void)
{
	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	model_offer(0, 2, 1, GTF_permit_access | GTF_readonly, 3);
	EXPECT_EQUAL(swap(1, 2), GNTST_okay);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access | GTF_readonly);
	EXPECT_EQUAL(model_flags(0, 2), GTF_permit_access);
	EXPECT_EQUAL(swap(1, 1), GNTST_okay);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access | GTF_readonly);
	EXPECT_EQUAL(swap(1, GRANTS_PER_FRAME), GNTST_bad_gntref);
	EXPECT_EQUAL(swap(~0u, 1), GNTST_bad_gntref);
	EXPECT_EQUAL(pin(2, 1, GRANT_WRITE, &frame), GNTST_okay);
	EXPECT_EQUAL(swap(1, 2), GNTST_eagain);
	EXPECT_EQUAL(swap(2, 1), GNTST_eagain);
	unpin(2, GRANT_WRITE);
	EXPECT_EQUAL(swap(1, 2), GNTST_okay);
	model_grants_end();
}

int main(void)
{
	RUN(test_pin_refused);
	RUN(test_pin_marks);
	RUN(test_pin_owner_rewrites);
	RUN(test_pin_page_table);
	RUN(test_pin_count_limit);
	RUN(test_pin_revoked_meanwhile);
	RUN(test_pin_table_grows);
	RUN(test_pin_table_no_memory);
	RUN(test_pin_swap);
	return check_result();
}
