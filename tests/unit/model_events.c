/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/model_events.c - see model_events.h.
 */
#include "tests/unit/model_events.h"

#include <assert.h>
#include <string.h>

#include "event-channels/pending.h"
#include "event-channels/ports.h"
#include "event-channels/send.h"

struct domain domains[2];

void spin_wait(void)
{
	assert(!"one thread never waits for a lock");
}

void event_port_tell_vcpu(struct domain *domain, uint32_t vcpu, uint32_t word)
{
	assert(vcpu < MODEL_VCPUS && word < 64);
	if (domain->selector[vcpu] >> word & 1)
		return;
	domain->selector[vcpu] |= 1ull << word;
	domain->upcalls[vcpu]++;
}

void event_port_wake_pollers(struct domain *domain, uint32_t port)
{
	domain->woken_port = port;
	domain->wakes++;
}

void event_port_domain_get(struct domain *domain)
{
	domain->references++;
}

void event_port_domain_put(struct domain *domain)
{
	assert(domain->references > 0);
	domain->references--;
}

int event_port_pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port, bool will_share)
{
	(void)will_share;
	if (pirq >= MODEL_PIRQS)
		return -XEN_EINVAL;
	if (domain->pirq_port[pirq])
		return -XEN_EEXIST;
	domain->pirq_port[pirq] = port;
	return 0;
}

void event_port_pirq_unbind(struct domain *domain, uint32_t pirq)
{
	assert(pirq < MODEL_PIRQS && domain->pirq_port[pirq]);
	domain->pirq_port[pirq] = 0;
}

void event_port_pirq_unmasked(struct domain *domain, uint32_t pirq)
{
	assert(pirq < MODEL_PIRQS);
	domain->pirq_unmasks++;
}

void event_port_pirq_follow(struct domain *domain, uint32_t pirq, uint32_t vcpu)
{
	assert(pirq < MODEL_PIRQS);
	domain->pirq_vcpu = vcpu;
}

void model_events_reset(void)
{
	memset(domains, 0, sizeof(domains));
	for (uint32_t i = 0; i < 2; i++) {
		struct event_channels *channels = &domains[i].channels;

		channels->domain = &domains[i];
		channels->id = (domid_t)i;
		channels->vcpu_count = MODEL_VCPUS;
		channels->pending = domains[i].pending;
		channels->mask = domains[i].mask;
		channels->virqs = domains[i].virqs;
		channels->ports = domains[i].ports;
		channels->port_count = PORT_COUNT;
		channels_init(channels);
	}
}

int model_alloc(uint32_t domain, domid_t remote, uint32_t *port)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_alloc_unbound(locked, remote, port);

	channels_unlock(locked);
	return rc;
}

int model_bind(uint32_t domain, uint32_t remote, uint32_t remote_port, uint32_t *port)
{
	struct channels_pair pair =
		channels_lock_pair(&domains[domain].channels, &domains[remote].channels);
	int rc = channel_bind_interdomain(pair, remote_port, port);

	channels_unlock_pair(pair);
	return rc;
}

int model_virq(uint32_t domain, uint32_t virq, uint32_t vcpu, uint32_t *port)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_bind_virq(locked, virq, vcpu, port);

	channels_unlock(locked);
	return rc;
}

int model_ipi(uint32_t domain, uint32_t vcpu, uint32_t *port)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_bind_ipi(locked, vcpu, port);

	channels_unlock(locked);
	return rc;
}

int model_pirq(uint32_t domain, uint32_t pirq, uint32_t *port)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_bind_pirq(locked, pirq, false, port);

	channels_unlock(locked);
	return rc;
}

int model_send(uint32_t domain, uint32_t port)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_send(locked, port);

	channels_unlock(locked);
	return rc;
}

int model_vcpu(uint32_t domain, uint32_t port, uint32_t vcpu)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_bind_vcpu(locked, port, vcpu);

	channels_unlock(locked);
	return rc;
}

int model_unmask(uint32_t domain, uint32_t port)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc = channel_unmask(locked, port);

	channels_unlock(locked);
	return rc;
}

int model_status(uint32_t domain, uint32_t port, struct evtchn_status *status)
{
	struct channels_locked locked = channels_lock(&domains[domain].channels);
	int rc;

	memset(status, 0, sizeof(*status));
	rc = channel_status(locked, port, status);
	channels_unlock(locked);
	return rc;
}

void model_take(uint32_t domain)
{
	struct domain *d = &domains[domain];

	for (uint32_t vcpu = 0; vcpu < MODEL_VCPUS; vcpu++) {
		uint64_t words = d->selector[vcpu];

		d->selector[vcpu] = 0;
		d->upcalls[vcpu] = 0;
		for (uint32_t word = 0; word < 64; word++)
			if (words >> word & 1)
				d->pending[word] &= d->mask[word];
	}
}

bool model_pending(uint32_t domain, uint32_t port)
{
	return domains[domain].pending[port / 64] >> (port % 64) & 1;
}
