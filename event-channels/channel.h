/* SPDX-License-Identifier: MIT */
/*
 * event-channels/channel.h - a domain's ports: what each is bound to, and who
 * is told.
 *
 * A port is one bit that somebody sets and a guest takes.  This module decides
 * who may bind which port to what; pending.h sets the bits, send.h says whose
 * bit a sender sets.  Pure: pages, CPUs and interrupts are the core's, ports.h.
 *
 * Every domain has its port_count ports from its first day to its last: there is
 * nothing to grow, and no number a guest names points at freed memory.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/base/spinlock.h"

struct domain;

#define PORT_COUNT 4096u /* the two-level scheme's limit for 64-bit guests */

enum port_state {
	PORT_FREE,
	PORT_RESERVED,	  /* port 0 means "none" in the ABI          */
	PORT_UNBOUND,	  /* waits for `remote_id` to bind to it     */
	PORT_INTERDOMAIN, /* its peer's record points back at it     */
	PORT_PIRQ,
	PORT_VIRQ,
	PORT_IPI,
};

/* `state` and `vcpu` may be read without the lock, by those who send. */
struct event_port {
	uint8_t state;		       /* enum port_state                 */
	domid_t remote_id;	       /* UNBOUND                         */
	uint32_t vcpu;		       /* who is told                     */
	uint32_t number;	       /* peer's port, pirq or virq       */
	struct event_channels *remote; /* INTERDOMAIN                     */
};

struct event_channels {
	struct spinlock lock; /* RANK_EVENT_LOW; guards everything below */
	struct domain *domain;
	domid_t id;
	uint32_t vcpu_count;
	uint32_t port_count;		/* ports[] has as many; at most PORT_COUNT */
	bool closing;			/* no more binding                       */
	uint64_t *pending, *mask;	/* PORT_COUNT bits each, the guest's too */
	uint64_t used[PORT_COUNT / 64]; /* one bit for each port not FREE, or not there */
	uint32_t (*virqs)[NR_VIRQS];	/* [vcpu][virq] -> port, 0: none; senders
					   read it without the lock              */
	struct event_port *ports;	/* port_count of them                    */
};

/* Channels whose lock is held: the type is the proof. */
struct channels_locked {
	struct event_channels *channels;
	uint32_t rank;
};

/* Two domains' channels, or one's twice; locked in the order of their ids. */
struct channels_pair {
	struct channels_locked local, remote;
};

static inline struct channels_locked channels_lock(struct event_channels *channels)
{
	spin_lock(&channels->lock);
	return (struct channels_locked){channels, RANK_EVENT_LOW};
}
static inline void channels_unlock(struct channels_locked locked)
{
	store_release(&locked.channels->lock.held, 0u);
#ifdef ENSO_DEBUG
	lock_rank_leave(locked.rank);
#endif
}
struct channels_pair channels_lock_pair(struct event_channels *local,
					struct event_channels *remote);
void channels_unlock_pair(struct channels_pair pair);

/*
 * Readies zeroed channels; the caller has set domain, id, vcpu_count,
 * port_count (2..PORT_COUNT), pending, mask, virqs and ports.
 */
void channels_init(struct event_channels *channels);

/*
 * The operations of EVTCHNOP_*.  All take numbers as a guest said them and
 * return 0 or -XEN_Exxx; on an error nothing has changed.  A new port is the
 * lowest that is free; -XEN_ENOSPC: all are in use.
 */

/* A port that domain `remote` may bind to. */
MUST_CHECK
int channel_alloc_unbound(struct channels_locked locked, domid_t remote, uint32_t *port);
/* Binds to `remote_port`, which must wait for us; the new port starts pending. */
MUST_CHECK
int channel_bind_interdomain(struct channels_pair pair, uint32_t remote_port, uint32_t *port);
/* -XEN_EEXIST: the vCPU has this virq bound; -XEN_ENOENT: no such vCPU. */
MUST_CHECK
int channel_bind_virq(struct channels_locked locked, uint32_t virq, uint32_t vcpu, uint32_t *port);
MUST_CHECK
int channel_bind_ipi(struct channels_locked locked, uint32_t vcpu, uint32_t *port);
MUST_CHECK
int channel_bind_pirq(struct channels_locked locked, uint32_t pirq, bool will_share,
		      uint32_t *port);
/*
 * A peer becomes unbound again, waiting for the same domain.  Takes the locks.
 * -XEN_EAGAIN: the port was rebound again and again meanwhile.
 */
MUST_CHECK
int channel_close(struct event_channels *channels, uint32_t port);
MUST_CHECK
int channel_status(struct channels_locked locked, uint32_t port, struct evtchn_status *status);
/* IPIs and virqs of one vCPU stay where they are: -XEN_EINVAL. */
MUST_CHECK
int channel_bind_vcpu(struct channels_locked locked, uint32_t port, uint32_t vcpu);
MUST_CHECK
int channel_unmask(struct channels_locked locked, uint32_t port);

/*
 * Closes ports from *next on, at most `most` open ones; true when none is left.
 * Takes the locks.
 */
MUST_CHECK
bool channels_close_some(struct event_channels *channels, uint32_t *next, uint32_t most);

/* True for virqs of which a domain has one, on vCPU 0. */
bool virq_is_global(uint32_t virq);

/*
 * What the core calls, by domain; xen-like/domain/ports.c.
 */

/* `last_port`: 0 for all there can be.  NULL: no memory.  The vCPUs and shared page exist. */
MUST_CHECK
struct event_channels *events_create(struct domain *domain, uint32_t last_port);
/* Closes everything, for good.  False: not done yet, call again. */
MUST_CHECK
bool events_destroy(struct domain *domain);
/* Frees the ports' memory; after events_destroy(), when no reference to the domain is left. */
void events_free(struct domain *domain);
/* For the vCPU's timer and the like: any lock below RANK_SCHEDULER may be held. */
void event_send_virq(struct domain *domain, uint32_t vcpu, uint32_t virq);
/* A physical interrupt has come; nothing happens if `port` is no pirq's by now. */
void event_send_pirq(struct domain *domain, uint32_t port);
/* For SCHEDOP_poll; false for a port that cannot be. */
bool event_is_pending(struct domain *domain, uint32_t port);
