/* SPDX-License-Identifier: MIT */
/*
 * Many in one call: pages that differ, to places under several L1s in turn, places
 * that do not exist and a domain that does not among them; then all out by one call.
 */
#include "tests/guest/lib/grant.h"

#define MANY	50
#define PAGES	4
#define REGIONS 3		/* places are under so many L1s */
#define REGION	(2ul << 20)	/* of one of them: what it translates */
#define WINDOW	0x20000000000ul /* below it nothing is mapped at the start */
#define NOWHERE (WINDOW + 64 * REGION)

static uint8_t pages[PAGES][4096] PAGE_ALIGNED;
static struct gnttab_map_grant_ref maps[MANY];
static struct gnttab_unmap_grant_ref unmaps[MANY];

static uint64_t place(unsigned int i)
{
	return WINDOW + i % REGIONS * REGION + i * 4096ul;
}

/* What the i-th of them is to end in. */
static int wanted(unsigned int i)
{
	if (i % 7 == 3)
		return GNTST_general_error; /* there is no table for the place */
	return i % 11 == 5 ? GNTST_bad_domain : GNTST_okay;
}

static void prepare(void)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		pages[i][0] = (uint8_t)(0x50 + i);
		grant_offer(200 + i, pages[i], 0);
	}
	for (unsigned int i = 0; i < MANY; i++) {
		need(!prepare_va(place(i)));
		maps[i] = (struct gnttab_map_grant_ref){
			.host_addr = wanted(i) == GNTST_general_error ? NOWHERE : place(i),
			.flags = GNTMAP_host_map | (i % 2 ? GNTMAP_readonly : 0),
			.ref = 200 + i % PAGES,
			.dom = wanted(i) == GNTST_bad_domain ? 77 : SELF,
			.status = 99,
		};
	}
}

/* How many places do not show what they should, or can be written and should not, or the reverse.
 */
static long count_wrong(void)
{
	long wrong = 0;

	for (unsigned int i = 0; i < MANY; i++) {
		uint64_t value = 0;
		long fault = try_read(place(i), &value);

		if (wanted(i) != GNTST_okay) {
			wrong += fault != 14;
			continue;
		}
		wrong += fault != NONE || (uint8_t)value != 0x50 + i % PAGES;
		wrong += try_write(place(i) + 8, i) != (i % 2 ? 14 : NONE);
	}
	return wrong;
}

static void claim_maps(const char *group)
{
	long wrong = 0;

	claim_named(group, "call", call_grant(GNTTABOP_map_grant_ref, maps, MANY), 0);
	for (unsigned int i = 0; i < MANY; i++)
		wrong += maps[i].status != wanted(i);
	claim_named(group, "statuses", wrong, 0);
	claim_named(group, "places", count_wrong(), 0);
}

static void claim_unmaps(const char *group)
{
	long wrong = 0;

	for (unsigned int i = 0; i < MANY; i++)
		unmaps[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = place(i),
			.handle = wanted(i) == GNTST_okay ? maps[i].handle : ~0u,
			.status = 99,
		};
	claim_named(group, "call", call_grant(GNTTABOP_unmap_grant_ref, unmaps, MANY), 0);
	for (unsigned int i = 0; i < MANY; i++) {
		uint64_t value;

		wrong += unmaps[i].status !=
			 (wanted(i) == GNTST_okay ? GNTST_okay : GNTST_bad_handle);
		wrong += try_read(place(i), &value) != 14;
	}
	claim_named(group, "statuses-and-places", wrong, 0);
	wrong = 0;
	for (unsigned int i = 0; i < PAGES; i++)
		wrong += grants[200 + i].flags != GTF_permit_access;
	claim_named(group, "entries-free", wrong, 0);
}

/* The next call finds the places under another L1: what was found before does not count. */
static void replace_table(void)
{
	uint64_t *slot = boot_slot((void *)WINDOW, 2);
	uint64_t *table = page_alloc();

	need(slot && !set_pte(table, PTE_RO) && !pin_table(1, table));
	need(!set_entry(slot, mfn_of(table) << 12 | PTE_TABLE));
}

void guest_main(void)
{
	grants_init();
	prepare();
	claim_maps(GUEST_NAME ".maps");
	claim_unmaps(GUEST_NAME ".unmaps");
	replace_table();
	claim_maps(GUEST_NAME ".maps-again");
	claim_unmaps(GUEST_NAME ".unmaps-again");
}
