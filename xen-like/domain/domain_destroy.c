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
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/sched/sched.h"
#include "xen-like/sched/watchdog.h"

/* From here on no vCPU runs and no timer fires. */
static bool stop(struct domain *domain)
{
	(void)!domain_claim_pages(domain, 0);
	watchdogs_stop(domain);
	for (uint32_t i = 0; i < domain->max_vcpus; i++) {
		vcpu_pause_sync(domain->vcpus[i]);
		sched_remove_vcpu(domain->vcpus[i]);
	}
	return true;
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

enum search { SEARCH_FOUND, SEARCH_ENDED, SEARCH_INTERRUPTED };

/* What looking at the records of a region costs. */
#define REGION_WORK 32u

/*
 * The next frame from kill_next on that seems to be the domain's, with one of
 * the flags `wanted`.  Nothing holds it: who wants it takes a reference, which
 * asks again whose it is.
 */
static enum search page_next(struct domain *domain, struct work_budget *budget, uint64_t wanted,
			     mfn_t *found)
{
	uint64_t regions = (frame_limit + REGION_FRAMES - 1) / REGION_FRAMES;

	for (;;) {
		uint64_t region = domain->kill_next / REGION_FRAMES;
		uint64_t next = bit_next(domain->regions, regions, region), at, end;

		if (next >= regions)
			return SEARCH_ENDED;
		at = next == region ? domain->kill_next : next * REGION_FRAMES;
		end = MIN((next + 1) * REGION_FRAMES, frame_limit);
		for (; at < end; at++) {
			const struct frame *frame = frame_of(mfn(at));

			if (!(read_once(frame->state) & wanted) ||
			    read_once(frame->owner) != domain->id)
				continue;
			domain->kill_next = (uint32_t)at + 1;
			*found = mfn(at);
			return SEARCH_FOUND;
		}
		domain->kill_next = (uint32_t)end;
		if (end == frame_limit)
			return SEARCH_ENDED;
		if (work_done(budget, REGION_WORK))
			return SEARCH_INTERRUPTED;
	}
}

static void let_go(struct domain *domain, mfn_t frame)
{
	struct pages_locked locked;

	if (!frame_get(frame, domain->id))
		return;
	locked = pages_lock(domain);
	page_type_let_go(locked, frame);
	pages_unlock(locked);
	frame_put(frame);
}

static bool unpin_tables(struct domain *domain, struct work_budget *budget)
{
	enum search search;
	mfn_t frame;

	while ((search = page_next(domain, budget, FRAME_PINNED | FRAME_PARTIAL, &frame)) ==
	       SEARCH_FOUND) {
		let_go(domain, frame);
		if (work_done(budget, 1))
			return false;
	}
	return search == SEARCH_ENDED;
}

static bool take_tables_apart(struct domain *domain, struct work_budget *budget)
{
	struct pages_locked locked = pages_lock(domain);
	int rc = page_type_settle(locked, budget);

	pages_unlock(locked);
	return rc == 0;
}

/* Frames that follow each other, out of every hand and not in the heap yet. */
struct run {
	uint64_t first, count;
};

static void run_free(struct domain *domain, struct run *run)
{
	if (run->count == 0)
		return;
	for (uint64_t i = 0; i < run->count; i++)
		m2p_set(mfn(run->first + i), M2P_INVALID);
	heap_free_run(mfn(run->first), run->count);
	domain_uncharge_pages(domain, run->count);
	run->count = 0;
}

/* A page that somebody else holds too stays until he lets go. */
static void give_up(struct domain *domain, mfn_t frame, struct run *run)
{
	/* What Enso shares with it goes with the domain itself. */
	if ((read_once(frame_of(frame)->state) & FRAME_SHARED) || !frame_get(frame, domain->id))
		return;
	if (!frame_take(frame)) {
		frame_give_up(frame);
		frame_put(frame);
		return;
	}
	if (run->first + run->count != frame.n || run->count == REGION_FRAMES)
		run_free(domain, run);
	if (run->count == 0)
		run->first = frame.n;
	run->count++;
}

static bool free_pages(struct domain *domain, struct work_budget *budget)
{
	struct run run = {0};
	enum search search;
	mfn_t frame;

	while ((search = page_next(domain, budget, FRAME_ALLOCATED, &frame)) == SEARCH_FOUND) {
		give_up(domain, frame, &run);
		if (work_done(budget, 1)) {
			search = SEARCH_INTERRUPTED;
			break;
		}
	}
	run_free(domain, &run);
	return search == SEARCH_ENDED;
}

/* In this order.  A step says true when it is done; false: the budget is gone, call again. */
enum kill_step {
	STOP,
	CLOSE_PORTS,
	RELEASE_VCPUS,
	UNPIN_TABLES,
	TAKE_TABLES_APART,
	UNMAP_GRANTS,
	FREE_PAGES,
	KILL_STEPS,
};

static bool step_do(enum kill_step step, struct domain *domain, struct work_budget *budget)
{
	switch (step) {
	case STOP:
		return stop(domain);
	case CLOSE_PORTS:
		return events_destroy(domain);
	case RELEASE_VCPUS:
		return release_vcpus(domain, budget);
	case UNPIN_TABLES:
		return unpin_tables(domain, budget);
	case TAKE_TABLES_APART:
		return take_tables_apart(domain, budget);
	case UNMAP_GRANTS:
		return grant_table_destroy(domain);
	case FREE_PAGES:
		return free_pages(domain, budget);
	case KILL_STEPS:
		break;
	}
	return true;
}

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
		log_guest_ends(domain);
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
	while (rc == 0 && domain->kill_stage < KILL_STEPS) {
		if (!step_do((enum kill_step)domain->kill_stage, domain, &budget)) {
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
