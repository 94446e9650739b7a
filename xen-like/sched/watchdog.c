/* SPDX-License-Identifier: MIT */
/*
 * xen-like/sched/watchdog.c - see watchdog.h.
 */
#include "xen-like/sched/watchdog.h"
#include "xen-like/arch/x86/clock.h"
#include "xen-like/console.h"

#define NS_PER_SECOND 1000000000ull

static void expired(void *argument)
{
	struct domain *domain = argument;

	log_warning("domain %u: its watchdog ran out\n", domain->id);
	domain_shutdown(domain, SHUTDOWN_watchdog);
}

static int create(struct domain *domain, uint32_t seconds)
{
	if (seconds == 0)
		return -XEN_EINVAL;
	for (unsigned int i = 0; i < WATCHDOGS; i++) {
		struct timer *timer = &domain->watchdogs[i];

		if (domain->watchdogs_used & (1u << i))
			continue;
		domain->watchdogs_used |= 1u << i;
		timer_init(timer, this_cpu()->id, expired, domain);
		timer_set(timer, clock_now() + seconds * NS_PER_SECOND);
		return (int)i + 1;
	}
	return -XEN_ENOSPC;
}

static int kick(struct domain *domain, uint32_t id, uint32_t seconds)
{
	struct timer *timer = &domain->watchdogs[index_nospec(id - 1, WATCHDOGS)];

	if (!(domain->watchdogs_used & (1u << (id - 1))))
		return -XEN_EINVAL;
	if (seconds == 0) {
		timer_stop(timer);
		domain->watchdogs_used &= ~(1u << (id - 1));
	} else {
		timer_set(timer, clock_now() + seconds * NS_PER_SECOND);
	}
	return 0;
}

int watchdog_set(struct domain *domain, uint32_t id, uint32_t seconds)
{
	int rc;

	if (id > WATCHDOGS)
		return -XEN_EINVAL;
	spin_lock(&domain->lock);
	rc = id == 0 ? create(domain, seconds) : kick(domain, id, seconds);
	spin_unlock(&domain->lock);
	return rc;
}

void watchdogs_stop(struct domain *domain)
{
	for (unsigned int i = 0; i < WATCHDOGS; i++)
		if (domain->watchdogs_used & (1u << i))
			timer_stop_wait(&domain->watchdogs[i]);
}
