/* SPDX-License-Identifier: MIT */
/*
 * event-channels/channel.c - see channel.h.
 */
#include "event-channels/channel.h"
#include "event-channels/pending.h"
#include "event-channels/ports.h"

/* How often channel_close() looks again at a port that another vCPU rebinds. */
#define CLOSE_TRIES 8

/* Locks ---------------------------------------------------------------------- */

/* As spin_lock(), at the rank this pair gives the lock. */
static struct channels_locked lock_at(struct event_channels *channels, uint32_t rank)
{
#ifdef ENSO_DEBUG
	lock_rank_enter(rank);
#endif
	while (exchange(&channels->lock.held, 1u)) {
		while (read_once(channels->lock.held)) {
			cpu_pause();
			spin_wait();
		}
	}
	return (struct channels_locked){channels, rank};
}

struct channels_pair channels_lock_pair(struct event_channels *local, struct event_channels *remote)
{
	struct channels_pair pair;

	if (local == remote) {
		pair.local = channels_lock(local);
		pair.remote = pair.local;
	} else if (local->id < remote->id) {
		pair.local = lock_at(local, RANK_EVENT_LOW);
		pair.remote = lock_at(remote, RANK_EVENT_HIGH);
	} else {
		pair.remote = lock_at(remote, RANK_EVENT_LOW);
		pair.local = lock_at(local, RANK_EVENT_HIGH);
	}
	return pair;
}

void channels_unlock_pair(struct channels_pair pair)
{
	if (pair.local.channels == pair.remote.channels) {
		channels_unlock(pair.local);
	} else if (pair.local.rank == RANK_EVENT_HIGH) {
		channels_unlock(pair.local);
		channels_unlock(pair.remote);
	} else {
		channels_unlock(pair.remote);
		channels_unlock(pair.local);
	}
}

/* Ports ---------------------------------------------------------------------- */

void channels_init(struct event_channels *channels)
{
	channels->lock = SPINLOCK(RANK_EVENT_LOW);
	channels->ports[0].state = PORT_RESERVED;
	channels->used[0] = 1;
	for (uint32_t port = channels->port_count; port < PORT_COUNT; port++)
		channels->used[port / 64] |= 1ull << (port % 64);
}

/* The record of a port a guest named; NULL when there is no such number. */
static struct event_port *port_of(struct event_channels *channels, uint32_t port)
{
	if (port >= channels->port_count)
		return NULL;
	return &channels->ports[index_nospec(port, channels->port_count)];
}

static int find_free(struct channels_locked locked, uint32_t *port)
{
	struct event_channels *channels = locked.channels;

	if (channels->closing)
		return -XEN_EINVAL;
	for (uint32_t word = 0; word < PORT_COUNT / 64; word++) {
		uint64_t free = ~channels->used[word];

		if (free) {
			*port = word * 64 + (uint32_t)__builtin_ctzll(free);
			return 0;
		}
	}
	return -XEN_ENOSPC;
}

/* `port` is free.  Its state is written last: senders look at it first. */
static void port_open(struct channels_locked locked, uint32_t port, struct event_port record)
{
	struct event_port *to = &locked.channels->ports[port];

	locked.channels->used[port / 64] |= 1ull << (port % 64);
	write_once(to->vcpu, record.vcpu);
	to->remote_id = record.remote_id;
	to->number = record.number;
	to->remote = record.remote;
	store_release(&to->state, record.state);
}

static void port_free(struct channels_locked locked, uint32_t port)
{
	struct event_channels *channels = locked.channels;
	struct event_port *record = &channels->ports[port];

	store_release(&record->state, (uint8_t)PORT_FREE);
	record->remote = NULL;
	record->number = 0;
	write_once(record->vcpu, 0u);
	pending_clear(channels, port);
	channels->used[port / 64] &= ~(1ull << (port % 64));
}

/* Binding -------------------------------------------------------------------- */

int channel_alloc_unbound(struct channels_locked locked, domid_t remote, uint32_t *port)
{
	int rc = find_free(locked, port);

	if (rc == 0)
		port_open(locked, *port,
			  (struct event_port){.state = PORT_UNBOUND, .remote_id = remote});
	return rc;
}

int channel_bind_interdomain(struct channels_pair pair, uint32_t remote_port, uint32_t *port)
{
	struct event_channels *local = pair.local.channels, *remote = pair.remote.channels;
	struct event_port *peer = port_of(remote, remote_port);
	int rc;

	if (!peer || peer->state != PORT_UNBOUND || peer->remote_id != local->id)
		return -XEN_EINVAL;
	rc = find_free(pair.local, port);
	if (rc != 0)
		return rc;

	/* Nothing fails from here on. */
	peer->remote = local;
	peer->number = *port;
	store_release(&peer->state, (uint8_t)PORT_INTERDOMAIN);
	port_open(pair.local, *port,
		  (struct event_port){
			  .state = PORT_INTERDOMAIN,
			  .remote = remote,
			  .number = remote_port,
		  });
	/* The peer may have sent before we were here: better once too often. */
	pending_set(local, *port, 0);
	return 0;
}

bool virq_is_global(uint32_t virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

/* Where the virq's port is kept.  A global one may tell any vCPU, but is kept at 0. */
static uint32_t *virq_slot(struct event_channels *channels, uint32_t vcpu, uint32_t virq)
{
	if (virq_is_global(virq))
		vcpu = 0;
	vcpu = (uint32_t)index_nospec(vcpu, channels->vcpu_count);
	return &channels->virqs[vcpu][index_nospec(virq, NR_VIRQS)];
}

int channel_bind_virq(struct channels_locked locked, uint32_t virq, uint32_t vcpu, uint32_t *port)
{
	struct event_channels *channels = locked.channels;
	uint32_t *slot;
	int rc;

	if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
		return -XEN_EINVAL;
	if (vcpu >= channels->vcpu_count)
		return -XEN_ENOENT;
	slot = virq_slot(channels, vcpu, virq);
	if (*slot)
		return -XEN_EEXIST;
	rc = find_free(locked, port);
	if (rc != 0)
		return rc;
	port_open(locked, *port,
		  (struct event_port){.state = PORT_VIRQ, .vcpu = vcpu, .number = virq});
	store_release(slot, *port);
	return 0;
}

int channel_bind_ipi(struct channels_locked locked, uint32_t vcpu, uint32_t *port)
{
	int rc;

	if (vcpu >= locked.channels->vcpu_count)
		return -XEN_ENOENT;
	rc = find_free(locked, port);
	if (rc == 0)
		port_open(locked, *port, (struct event_port){.state = PORT_IPI, .vcpu = vcpu});
	return rc;
}

int channel_bind_pirq(struct channels_locked locked, uint32_t pirq, bool will_share, uint32_t *port)
{
	int rc = find_free(locked, port);

	if (rc != 0)
		return rc;
	/* Open first: the interrupt may come while we bind it. */
	port_open(locked, *port, (struct event_port){.state = PORT_PIRQ, .number = pirq});
	rc = event_port_pirq_bind(locked.channels->domain, pirq, *port, will_share);
	if (rc != 0)
		port_free(locked, *port);
	return rc;
}

/* Closing -------------------------------------------------------------------- */

/* The peer waits for us again, as it did before we bound to it. */
static void peer_unbind(struct event_port *peer, domid_t waits_for)
{
	store_release(&peer->state, (uint8_t)PORT_UNBOUND);
	peer->remote_id = waits_for;
	peer->remote = NULL;
	peer->number = 0;
}

/* Closes a port; if it leads to another domain, that one's lock is held too. */
static int close_locked(struct channels_locked locked, uint32_t port)
{
	struct event_channels *channels = locked.channels;
	struct event_port *record = port_of(channels, port);

	if (!record)
		return -XEN_EINVAL;
	switch (record->state) {
	case PORT_FREE:
	case PORT_RESERVED:
		return -XEN_EINVAL;
	case PORT_INTERDOMAIN:
		peer_unbind(&record->remote->ports[record->number], channels->id);
		break;
	case PORT_VIRQ:
		store_release(virq_slot(channels, record->vcpu, record->number), 0u);
		break;
	case PORT_PIRQ:
		event_port_pirq_unbind(channels->domain, record->number);
		break;
	}
	port_free(locked, port);
	return 0;
}

/* The other domain a port leads to; NULL when there is none. */
static struct event_channels *other_domain(struct channels_locked locked, uint32_t port)
{
	const struct event_port *record = port_of(locked.channels, port);

	if (!record || record->state != PORT_INTERDOMAIN || record->remote == locked.channels)
		return NULL;
	return record->remote;
}

/*
 * Two locks have an order, and which the second is only the first can tell: so
 * look, let go, lock both, and look again.  The reference keeps the other
 * domain's memory while we hold no lock.
 */
int channel_close(struct event_channels *channels, uint32_t port)
{
	for (int tries = 0; tries < CLOSE_TRIES; tries++) {
		struct channels_locked locked = channels_lock(channels);
		struct event_channels *other = other_domain(locked, port);
		struct channels_pair pair;
		struct domain *domain;
		bool same;
		int rc = 0;

		if (!other) {
			rc = close_locked(locked, port);
			channels_unlock(locked);
			return rc;
		}
		domain = other->domain;
		event_port_domain_get(domain);
		channels_unlock(locked);

		pair = channels_lock_pair(channels, other);
		same = other_domain(pair.local, port) == other;
		if (same)
			rc = close_locked(pair.local, port);
		channels_unlock_pair(pair);
		event_port_domain_put(domain);
		if (same)
			return rc;
	}
	return -XEN_EAGAIN;
}

bool channels_close_some(struct event_channels *channels, uint32_t *next, uint32_t most)
{
	for (; *next < channels->port_count; ++*next) {
		uint8_t state = read_once(channels->ports[*next].state);

		if (state == PORT_FREE || state == PORT_RESERVED)
			continue;
		if (most-- == 0)
			return false;
		/* Closed or rebound by another vCPU meanwhile: its business. */
		(void)!channel_close(channels, *next);
	}
	return true;
}

/* The rest ------------------------------------------------------------------- */

int channel_status(struct channels_locked locked, uint32_t port, struct evtchn_status *status)
{
	const struct event_port *record = port_of(locked.channels, port);

	if (!record)
		return -XEN_EINVAL;
	status->vcpu = record->vcpu;
	switch (record->state) {
	case PORT_UNBOUND:
		status->status = EVTCHNSTAT_unbound;
		status->u.unbound.dom = record->remote_id;
		break;
	case PORT_INTERDOMAIN:
		status->status = EVTCHNSTAT_interdomain;
		status->u.interdomain.dom = record->remote->id;
		status->u.interdomain.port = record->number;
		break;
	case PORT_PIRQ:
		status->status = EVTCHNSTAT_pirq;
		status->u.pirq = record->number;
		break;
	case PORT_VIRQ:
		status->status = EVTCHNSTAT_virq;
		status->u.virq = record->number;
		break;
	case PORT_IPI:
		status->status = EVTCHNSTAT_ipi;
		break;
	default:
		status->status = EVTCHNSTAT_closed;
		break;
	}
	return 0;
}

int channel_bind_vcpu(struct channels_locked locked, uint32_t port, uint32_t vcpu)
{
	struct event_channels *channels = locked.channels;
	struct event_port *record = port_of(channels, port);

	if (vcpu >= channels->vcpu_count)
		return -XEN_ENOENT;
	if (!record)
		return -XEN_EINVAL;
	vcpu = (uint32_t)index_nospec(vcpu, channels->vcpu_count);
	switch (record->state) {
	case PORT_VIRQ:
		if (!virq_is_global(record->number))
			return -XEN_EINVAL;
		break;
	case PORT_PIRQ:
		event_port_pirq_follow(channels->domain, record->number, vcpu);
		break;
	case PORT_UNBOUND:
	case PORT_INTERDOMAIN:
		break;
	default:
		return -XEN_EINVAL;
	}
	write_once(record->vcpu, vcpu);
	return 0;
}

int channel_unmask(struct channels_locked locked, uint32_t port)
{
	struct event_channels *channels = locked.channels;
	const struct event_port *record = port_of(channels, port);

	if (!record)
		return -XEN_EINVAL;
	pending_unmask(channels, (uint32_t)(record - channels->ports), record->vcpu);
	if (record->state == PORT_PIRQ)
		event_port_pirq_unmasked(channels->domain, record->number);
	return 0;
}
