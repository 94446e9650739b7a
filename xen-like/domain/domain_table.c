/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/domain_table.c - domains by number: two levels, of which the lower
 * comes a page at a time, where there are domains.  Found without a lock.
 */
#include "xen-like/domain/domain_table.h"
#include "xen-like/base/bits.h"
#include "xen-like/base/spinlock.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"

#define LEAF_IDS   ((uint32_t)(PAGE_SIZE / sizeof(struct domain *)))
#define LEAF_COUNT ((DOMID_FIRST_RESERVED + LEAF_IDS - 1) / LEAF_IDS)

static struct domain **leaves[LEAF_COUNT]; /* written under table_lock */
static uint16_t leaf_used[LEAF_COUNT];	   /* numbers that have a domain there: table_lock */
static struct spinlock table_lock = SPINLOCK(RANK_LEAF);
static uint64_t ids_taken[BITMAP_WORDS(DOMID_FIRST_RESERVED)];
static uint32_t last_id;

/* Finding -------------------------------------------------------------------- */

static struct domain *table_look(domid_t id)
{
	uint64_t number = index_nospec(id, DOMID_FIRST_RESERVED);
	struct domain **leaf = load_acquire(&leaves[number / LEAF_IDS]);

	return leaf ? load_acquire(&leaf[number % LEAF_IDS]) : NULL;
}

/* No waiting between the look and the count: domains_reap() relies on it. */
static struct domain *table_get(domid_t id)
{
	struct domain *domain = table_look(id);
	uint32_t references;

	if (!domain)
		return NULL;
	references = read_once(domain->references);
	do {
		if (references == 0)
			return NULL;
	} while (!cmpxchg(&domain->references, &references, references + 1));
	return domain;
}

struct domain *domain_get(domid_t id)
{
	if (id == DOMID_SELF)
		id = current_domain()->id;
	return id < DOMID_FIRST_RESERVED ? table_get(id) : NULL;
}

struct domain *domain_get_next(domid_t at_least)
{
	uint64_t id = at_least;

	for (;;) {
		struct domain *domain;

		id = bit_next(ids_taken, DOMID_FIRST_RESERVED, id);
		if (id >= DOMID_FIRST_RESERVED)
			return NULL;
		domain = table_get((domid_t)id);
		if (domain)
			return domain;
		id++;
	}
}

struct domain *domain_of_frame(const struct frame *frame)
{
	domid_t owner = read_once(frame->owner);

	if (owner >= DOMID_FIRST_RESERVED)
		return NULL;
	return table_look(owner);
}

/* Numbers -------------------------------------------------------------------- */

static int claim_next_id(domid_t *id)
{
	uint32_t start = read_once(last_id);

	for (uint32_t i = 1; i < DOMID_FIRST_RESERVED; i++) {
		uint32_t candidate = 1 + (start + i - 1) % (DOMID_FIRST_RESERVED - 1);

		if (bit_test(ids_taken, candidate) || bit_set(ids_taken, candidate))
			continue;
		write_once(last_id, candidate);
		*id = (domid_t)candidate;
		return 0;
	}
	return -XEN_ENOSPC;
}

int domain_claim_id(domid_t wanted, domid_t *id)
{
	if (wanted == 0)
		return claim_next_id(id);
	if (wanted >= DOMID_FIRST_RESERVED)
		return -XEN_EINVAL;
	if (bit_set(ids_taken, wanted))
		return -XEN_EEXIST;
	*id = wanted;
	return 0;
}

void domain_id_take(domid_t id)
{
	bit_set(ids_taken, id);
}

void domain_id_release(domid_t id)
{
	bit_clear(ids_taken, id);
}

/* Entering --------------------------------------------------------------------- */

/* The leaf of that number, which stays while it is used.  NULL: no memory. */
static struct domain **leaf_use(domid_t id)
{
	uint32_t at = id / LEAF_IDS;
	struct domain **leaf, **fresh;

	spin_lock(&table_lock);
	leaf_used[at]++;
	leaf = leaves[at];
	spin_unlock(&table_lock);
	if (leaf)
		return leaf;
	fresh = heap_alloc_pages(0);
	spin_lock(&table_lock);
	leaf = leaves[at];
	if (!leaf) {
		store_release(&leaves[at], fresh);
		leaf_used[at] -= !fresh;
	}
	spin_unlock(&table_lock);
	if (!leaf)
		return fresh;
	heap_free_pages(fresh, 0); /* another CPU was first */
	return leaf;
}

bool domain_table_add(struct domain *domain)
{
	struct domain **leaf = leaf_use(domain->id);

	if (leaf)
		store_release(&leaf[domain->id % LEAF_IDS], domain);
	return leaf != NULL;
}

void *domain_table_remove(const struct domain *domain)
{
	uint32_t at = domain->id / LEAF_IDS;
	struct domain **leaf;
	bool empty;

	spin_lock(&table_lock);
	leaf = leaves[at];
	store_release(&leaf[domain->id % LEAF_IDS], NULL);
	empty = --leaf_used[at] == 0;
	if (empty)
		store_release(&leaves[at], NULL);
	spin_unlock(&table_lock);
	return empty ? leaf : NULL;
}
