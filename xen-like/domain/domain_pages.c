/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/domain_pages.c - how many pages a domain has and may have,
 * and memory set aside for one that is being built.
 */
#include "xen-like/base/spinlock.h"
#include "xen-like/console.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/heap.h"

static struct {
	struct spinlock lock; /* guards total and every domain's `claimed` */
	uint64_t total;
} claims = {.lock = SPINLOCK(RANK_LEAF)};

bool domain_charge_pages(struct domain *domain, uint64_t pages)
{
	uint64_t now = read_once(domain->pages);

	do {
		if (domain_is_dying(domain) || pages > domain->max_pages ||
		    now > domain->max_pages - pages)
			return false;
	} while (!cmpxchg(&domain->pages, &now, now + pages));
	/* The caller has a reference of its own: it is alive. */
	if (now == 0 && pages > 0)
		fetch_add(&domain->references, 1);
	return true;
}

void domain_uncharge_pages(struct domain *domain, uint64_t pages)
{
	uint64_t before = fetch_sub(&domain->pages, pages);

	CHECK(before >= pages);
	if (pages > 0 && before == pages)
		domain_put(domain);
}

/* Claims --------------------------------------------------------------------- */

static void claim_change(struct domain *domain, uint64_t pages)
{
	claims.total = claims.total - domain->claimed + pages;
	write_once(domain->claimed, pages);
}

int domain_claim_pages(struct domain *domain, uint64_t pages)
{
	uint64_t has = read_once(domain->pages), more = pages - has;
	int rc = 0;

	if (pages && (pages < has || pages > read_once(domain->max_pages)))
		return -XEN_EINVAL;
	spin_lock(&claims.lock);
	if (pages == 0 || domain_is_dying(domain))
		claim_change(domain, 0);
	else if (heap_free_count() - MIN(heap_free_count(), claims.total - domain->claimed) < more)
		rc = -XEN_ENOMEM;
	else
		claim_change(domain, more);
	spin_unlock(&claims.lock);
	return rc;
}

bool domain_claims_allow(struct domain *domain, uint64_t pages)
{
	uint64_t own, others;
	bool allowed;

	if (likely(read_once(claims.total) == 0))
		return true;
	spin_lock(&claims.lock);
	own = MIN(domain->claimed, pages);
	others = claims.total - domain->claimed;
	allowed = own == pages || heap_free_count() >= add_saturating(others, pages);
	if (allowed)
		claim_change(domain, domain->claimed - own);
	spin_unlock(&claims.lock);
	return allowed;
}

uint64_t domain_claims_total(void)
{
	return read_once(claims.total);
}
