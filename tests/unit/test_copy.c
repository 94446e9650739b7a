// needs: grant-tables/copy.c grant-tables/pin.c grant-tables/table.c grant-tables/handles.c
// needs: grant-tables/map.c tests/unit/model_grants.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_copy.c - GNTTABOP_copy: whose pages, which bytes.
 */
#include "grant-tables/copy.h"
#include "tests/unit/check.h"
#include "tests/unit/model_grants.h"

static struct gnttab_copy copy;

/* Domain 1 is the caller; domain 0 offers frame 2 as ref 1 and frame 3 read-only as ref 2. */
static void prepare(void)
{
	model_grants_reset();
	model_offer(0, 1, 1, GTF_permit_access, 2);
	model_offer(0, 2, 1, GTF_permit_access | GTF_readonly, 3);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		domains[0].frames[2].bytes[i] = (char)(i * 7 + 1);
	copy = (struct gnttab_copy){
		.source = {.u.ref = 1, .domid = 0},
		.dest = {.u.gmfn = 101, .domid = DOMID_SELF},
		.flags = GNTCOPY_source_gref,
	};
}

static int run(uint32_t source, uint32_t dest, uint32_t length)
{
	struct grant_copies copies;

	copy.source.offset = (uint16_t)source;
	copy.dest.offset = (uint16_t)dest;
	copy.len = (uint16_t)length;
	copy.status = 77;
	grant_copies_begin(&copies, &domains[1].table);
	grant_copy(&copies, &copy);
	grant_copies_end(&copies);
	return copy.status;
}

static void expect_all_let_go(void)
{
	EXPECT_EQUAL(model_pins() + model_handles(), 0);
	EXPECT_EQUAL(domains[0].references + domains[1].references, 0);
	for (unsigned int i = 0; i < MODEL_FRAMES; i++)
		EXPECT_EQUAL(domains[0].frames[i].references + domains[1].frames[i].references, 0);
	EXPECT_EQUAL(model_flags(0, 1), GTF_permit_access);
	EXPECT_EQUAL(model_flags(0, 2), GTF_permit_access | GTF_readonly);
}

static void test_copy_bytes(void)
{
	prepare();
	EXPECT_EQUAL(run(0, 0, PAGE_SIZE), GNTST_okay);
	EXPECT(!memcmp(domains[0].frames[2].bytes, domains[1].frames[1].bytes, PAGE_SIZE));
	memset(domains[1].frames[1].bytes, 0, PAGE_SIZE);
	EXPECT_EQUAL(run(100, 4000, 96), GNTST_okay);
	EXPECT(!memcmp(domains[0].frames[2].bytes + 100, domains[1].frames[1].bytes + 4000, 96));
	EXPECT_EQUAL(domains[1].frames[1].bytes[3999], 0);
	EXPECT_EQUAL(run(5, 5, 0), GNTST_okay);
	expect_all_let_go();
	model_grants_end();
}

static void test_copy_bounds(void)
{
	static const uint32_t edges[] = {0, 1, 2047, 4095, 4096, 4097, 65535};

	prepare();
	for (unsigned int i = 0; i < ARRAY_SIZE(edges); i++)
		for (unsigned int j = 0; j < ARRAY_SIZE(edges); j++)
			for (unsigned int k = 0; k < ARRAY_SIZE(edges); k++) {
				bool good = edges[i] < PAGE_SIZE && edges[j] < PAGE_SIZE &&
					    edges[i] + edges[k] <= PAGE_SIZE &&
					    edges[j] + edges[k] <= PAGE_SIZE;

				EXPECT_EQUAL(run(edges[i], edges[j], edges[k]),
					     good ? GNTST_okay : GNTST_bad_copy_arg);
			}
	expect_all_let_go();
	model_grants_end();
}

static void test_copy_both_ways(void)
{
	prepare();
	copy.dest.u.ref = 1;
	copy.dest.domid = 0;
	copy.flags = GNTCOPY_dest_gref;
	copy.source.u.gmfn = 101;
	copy.source.domid = DOMID_SELF;
	memset(domains[1].frames[1].bytes, 'x', PAGE_SIZE);
	EXPECT_EQUAL(run(0, 10, 20), GNTST_okay);
	EXPECT_EQUAL(domains[0].frames[2].bytes[29], 'x');
	EXPECT_EQUAL(domains[0].frames[2].bytes[30], (char)(30 * 7 + 1));
	copy.flags = GNTCOPY_dest_gref | GNTCOPY_source_gref;
	copy.source.u.ref = 2;
	copy.source.domid = 0;
	EXPECT_EQUAL(run(0, 0, 4096), GNTST_okay);
	EXPECT_EQUAL(domains[0].frames[2].bytes[29], 0);
	expect_all_let_go();
	model_grants_end();
}

/* Within one page, also when the ranges overlap. */
static void test_copy_overlap(void)
{
	char expected[PAGE_SIZE];

	prepare();
	copy.dest.u.ref = 1;
	copy.dest.domid = 0;
	copy.flags = GNTCOPY_dest_gref | GNTCOPY_source_gref;
	memcpy(expected, domains[0].frames[2].bytes, PAGE_SIZE);
	memmove(expected + 50, expected, 1000);
	EXPECT_EQUAL(run(0, 50, 1000), GNTST_okay);
	EXPECT(!memcmp(expected, domains[0].frames[2].bytes, PAGE_SIZE));
	expect_all_let_go();
	model_grants_end();
}

static void test_copy_refused(void)
{
	prepare();
	copy.source.domid = 9;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_bad_domain);
	copy.source.domid = 0;
	copy.source.u.ref = 5;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_general_error);
	copy.source.u.ref = ~0u;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_bad_gntref);
	copy.source.u.ref = 1;
	copy.dest.u.gmfn = 2; /* another's page, by its number */
	EXPECT_EQUAL(run(0, 0, 8), GNTST_bad_page);
	copy.dest.u.gmfn = ~0ull;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_bad_page);
	copy.dest.u.gmfn = 101;
	copy.dest.domid = 0; /* by number only one's own */
	EXPECT_EQUAL(run(0, 0, 8), GNTST_permission_denied);
	copy.dest.domid = 1;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_permission_denied);
	copy.dest.domid = DOMID_SELF;
	domains[1].frames[1].table = true;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_general_error);
	copy.dest.u.ref = 2;
	copy.dest.domid = 0;
	copy.flags |= GNTCOPY_dest_gref;
	EXPECT_EQUAL(run(0, 0, 8), GNTST_general_error); /* read-only */
	expect_all_let_go();
	model_grants_end();
}

/* What the copies of one call name again stays held, once; what they do not is let go. */
static void test_copy_several(void)
{
	struct grant_copies copies;

	prepare();
	grant_copies_begin(&copies, &domains[1].table);
	copy.len = 8;
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_okay);
	EXPECT_EQUAL(model_pins(), 1);
	model_offer(0, 1, 1, 0, 2); /* withdrawn: too late for the pin */
	copy.source.offset = copy.dest.offset = 8;
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_okay);
	EXPECT_EQUAL(domains[1].frames[1].bytes[15], domains[0].frames[2].bytes[15]);
	EXPECT_EQUAL(model_pins(), 1);
	EXPECT_EQUAL(domains[1].frames[1].references, 1);
	copy.dest.u.gmfn = 102; /* the other side stays */
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_okay);
	EXPECT_EQUAL(domains[1].frames[1].references, 0);
	EXPECT_EQUAL(domains[1].frames[2].references, 1);
	copy.source.u.ref = 2;
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_okay);
	EXPECT_EQUAL(model_pins(), 1);
	copy.source.u.ref = 1; /* withdrawn, and nobody holds it any more */
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_general_error);
	EXPECT_EQUAL(model_pins(), 0);
	grant_copies_end(&copies);
	EXPECT_EQUAL(domains[0].references + domains[1].references, 0);
	EXPECT_EQUAL(domains[1].frames[2].references, 0);
	model_grants_end();
}

/* The same number by reference and by frame, of one domain and of another, are four things. */
static void test_copy_alike(void)
{
	struct grant_copies copies;

	prepare();
	grant_copies_begin(&copies, &domains[1].table);
	model_offer(0, 101, 1, GTF_permit_access, 2);
	model_offer(1, 101, 1, GTF_permit_access, 103);
	copy.len = 1;
	copy.source.u.ref = 101;
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_okay);
	EXPECT_EQUAL(domains[1].frames[1].bytes[0], domains[0].frames[2].bytes[0]);
	copy.source.domid = 1;
	domains[1].frames[3].bytes[0] = 'z';
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_okay);
	EXPECT_EQUAL(domains[1].frames[1].bytes[0], 'z');
	copy.flags = 0; /* by its number, another's: not the pin of before */
	copy.source.u.gmfn = 101;
	grant_copy(&copies, &copy);
	EXPECT_EQUAL(copy.status, GNTST_permission_denied);
	grant_copies_end(&copies);
	expect_all_let_go();
	model_grants_end();
}

int main(void)
{
	RUN(test_copy_bytes);
	RUN(test_copy_bounds);
	RUN(test_copy_both_ways);
	RUN(test_copy_overlap);
	RUN(test_copy_refused);
	RUN(test_copy_several);
	RUN(test_copy_alike);
	return check_result();
}
