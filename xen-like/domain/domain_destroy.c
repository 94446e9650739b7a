/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/domain_destroy.c - takes a domain apart, in steps no longer
 * than a work budget.  What others hold (a page mapped, a port bound) they may
 * keep; when the last lets go, domain.c frees the rest.
 *
 * Nothing new comes to a dying domain: it gets no pages (domain_charge_pages),
 * no page tables (page_type.c), no ports (channel.c); its vCPUs do not run.
 */
#include "event-channels/channel.h"
#include "grant-tables/table.h"
#include "xen-like/base/bits.h"
#include "xen-like/console.h"
#include "xen-like/domain/context.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/sched/sched.h"
#include "xen-like/sched/watchdog.h"

/* True when it is done; false: the budget is gone, call again. */
typedef bool (*kill_step)(struct domain *domain, struct work_budget *budget);

/* From here on no vCPU runs and no timer fires. */
static bool stop(struct domain *domain, struct work_budget *budget)
{
	(void)budget;
	(void)!domain_claim_pages(domain, 0);
	watchdogs_stop(domain);
	for (uint32_t i = 0; i < domain->max_vcpus; i++) {
		vcpu_pause_sync(domain->vcpus[i]);
		sched_remove_vcpu(domain->vcpus[i]);
	}
	return true;
}

static bool close_ports(struct domain *domain, struct work_budget *budget)
{
	(void)budget;
	return events_destroy(domain);
}

static bool release_vcpus(struct domain *domain, struct work_budget *budget)
{
	for (; domain->kill_next < domain->max_vcpus; domain->kill_next++) {
		if (work_done(budget, 32))
			return false;
		vcpu_reset_context(domain->vcpus[domain->kill_next]);
	}
	return true;
}

/*
 * Calls act() for every page that still is the domain's, with a reference held,
 * from frame kill_next on.
 */
static bool each_page(struct domain *domain, struct work_budget *budget, uint32_t cost,
		      void (*act)(struct domain *domain, mfn_t frame))
{
	uint64_t regions = (frame_limit + REGION_FRAMES - 1) / REGION_FRAMES;

	for (;;) {
		uint64_t region = domain->kill_next / REGION_FRAMES;
		uint64_t next = bit_next(domain->regions, regions, region);
		mfn_t frame = mfn(next == region ? domain->kill_next : next * REGION_FRAMES);

		if (next == regions || frame.n >= frame_limit)
			return true;
		if (work_done(budget, 1))
			return false;
		domain->kill_next = (uint32_t)frame.n + 1;
		if (read_once(frame_of(frame)->owner) != domain->id ||
		    !frame_get(frame, domain->id))
			continue;
		act(domain, frame);
		frame_put(frame);
		(void)work_done(budget, cost);
	}
}

static void let_go(struct domain *domain, mfn_t frame)
{
	const uint64_t held = FRAME_PINNED | FRAME_PARTIAL;
	struct pages_locked locked;

	if (!(read_once(frame_of(frame)->state) & held))
		return;
	locked = pages_lock(domain);
	page_type_let_go(locked, frame);
	pages_unlock(locked);
}

static bool unpin_tables(struct domain *domain, struct work_budget *budget)
{
	return each_page(domain, budget, 0, let_go);
}

static bool take_tables_apart(struct domain *domain, struct work_budget *budget)
{
	struct pages_locked locked = pages_lock(domain);
	int rc = page_type_settle(locked, budget);

	pages_unlock(locked);
	return rc == 0;
}

static bool unmap_grants(struct domain *domain, struct work_budget *budget)
{
	(void)budget;
	return grant_table_destroy(domain);
}

static void give_up(struct domain *domain, mfn_t frame)
{
	(void)domain;
	/* What Enso shares with it goes with the domain itself. */
	if (!(read_once(frame_of(frame)->state) & FRAME_SHARED))
		frame_give_up(frame);
}

static bool free_pages(struct domain *domain, struct work_budget *budget)
{
	return each_page(domain, budget, 8, give_up);
}

static const kill_step steps[] = {
	stop, close_ports, release_vcpus, unpin_tables, take_tables_apart, unmap_grants, free_pages,
};

/* True for the caller that is to begin or go on with it. */
static bool begin(struct domain *domain)
{
	bool first;

	if (exchange(&domain->kill_busy, 1u))
		return false;
	spin_lock(&domain->lock);
	first = domain->state < DOMAIN_DYING;
	if (first)
		store_release(&domain->state, (uint32_t)DOMAIN_DYING);
	spin_unlock(&domain->lock);
	if (first) {
		/* Who was changing its tables before is done after this. */
		struct pages_locked locked = pages_lock(domain);

		pages_unlock(locked);
		log_info("domain %u: destroyed\n", domain->id);
	}
	return true;
}

int domain_destroy(struct domain *domain)
{
	struct work_budget budget = WORK_BUDGET;
	int rc = 0;

	if (!begin(domain))
		return -XEN_ERESTART; /* another vCPU is at it */
	while (rc == 0 && domain->kill_stage < ARRAY_SIZE(steps)) {
		if (!steps[domain->kill_stage](domain, &budget)) {
			rc = -XEN_ERESTART;
		} else {
			domain->kill_stage++;
			domain->kill_next = 0;
		}
	}
	if (rc == 0 && domain->state != DOMAIN_DEAD) {
		store_release(&domain->state, (uint32_t)DOMAIN_DEAD);
		virq_send_global(hardware_domain, VIRQ_DOM_EXC);
		domain_put(domain); /* its life's */
	}
	store_release(&domain->kill_busy, 0u);
	return rc;
}
