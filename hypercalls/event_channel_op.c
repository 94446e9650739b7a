/* SPDX-License-Identifier: MIT */
/*
 * hypercalls/event_channel_op.c - ports: copies requests in and results out.
 *
 * One row of `operations` for each command; a command without one is refused
 * with -ENOSYS, which makes Linux fall back from FIFO to two-level events.
 */
#include "event-channels/channel.h"
#include "event-channels/send.h"
#include "hypercalls/dispatch.h"
#include "xen-like/domain/domain.h"
#include "xen-like/mm/guest_copy.h"

/* A reset that goes on says in the command's upper bits at which port. */
#define COMMAND_BITS 8
#define COMMAND_MASK ((1u << COMMAND_BITS) - 1)

/* How many ports one call closes before it goes on as another. */
#define CLOSES_PER_CALL 64

union request {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_close close;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
};

/* A domain that is far enough made to have ports. */
static struct domain *domain_with_events(domid_t id)
{
	struct domain *domain = domain_get(id);

	if (domain && !load_acquire(&domain->events)) {
		domain_put(domain);
		return NULL;
	}
	return domain;
}

/* A domain whose ports the caller may see and change; NULL and *rc if not. */
static struct domain *target_get(domid_t id, int *rc)
{
	struct domain *caller = current_domain(), *domain = domain_with_events(id);

	if (!domain) {
		*rc = -XEN_ESRCH;
		return NULL;
	}
	if (domain != caller && !domain_controls(caller)) {
		domain_put(domain);
		*rc = -XEN_EPERM;
		return NULL;
	}
	*rc = 0;
	return domain;
}

static int alloc_unbound(struct evtchn_alloc_unbound *request)
{
	domid_t remote = request->remote_dom;
	struct channels_locked locked;
	struct domain *domain;
	int rc;

	domain = target_get(request->dom, &rc);
	if (!domain)
		return rc;
	if (remote == DOMID_SELF)
		remote = current_domain()->id;
	locked = channels_lock(domain->events);
	rc = channel_alloc_unbound(locked, remote, &request->port);
	channels_unlock(locked);
	domain_put(domain);
	return rc;
}

static int bind_interdomain(struct evtchn_bind_interdomain *request)
{
	struct domain *remote = domain_with_events(request->remote_dom);
	struct channels_pair pair;
	int rc;

	if (!remote)
		return -XEN_ESRCH;
	pair = channels_lock_pair(current_domain()->events, remote->events);
	rc = channel_bind_interdomain(pair, request->remote_port, &request->local_port);
	channels_unlock_pair(pair);
	domain_put(remote);
	return rc;
}

static int port_status(struct evtchn_status *request)
{
	struct channels_locked locked;
	struct domain *domain;
	int rc;

	domain = target_get(request->dom, &rc);
	if (!domain)
		return rc;
	locked = channels_lock(domain->events);
	rc = channel_status(locked, request->port, request);
	channels_unlock(locked);
	domain_put(domain);
	return rc;
}

static int reset(const struct evtchn_reset *request, uint32_t start)
{
	struct domain *domain;
	int rc;

	domain = target_get(request->dom, &rc);
	if (!domain)
		return rc;
	if (!channels_close_some(domain->events, &start, CLOSES_PER_CALL)) {
		hypercall_set_argument(0, EVTCHNOP_reset | start << COMMAND_BITS);
		rc = -XEN_ERESTART;
	}
	domain_put(domain);
	return rc;
}

/* The commands that are about the caller's own ports and nothing else. */
static int own_port(uint32_t command, union request *request)
{
	struct channels_locked own = channels_lock(current_domain()->events);
	int rc;

	switch (command) {
	case EVTCHNOP_bind_virq:
		rc = channel_bind_virq(own, request->bind_virq.virq, request->bind_virq.vcpu,
				       &request->bind_virq.port);
		break;
	case EVTCHNOP_bind_ipi:
		rc = channel_bind_ipi(own, request->bind_ipi.vcpu, &request->bind_ipi.port);
		break;
	case EVTCHNOP_bind_pirq:
		rc = channel_bind_pirq(own, request->bind_pirq.pirq,
				       request->bind_pirq.flags & BIND_PIRQ__WILL_SHARE,
				       &request->bind_pirq.port);
		break;
	case EVTCHNOP_bind_vcpu:
		rc = channel_bind_vcpu(own, request->bind_vcpu.port, request->bind_vcpu.vcpu);
		break;
	case EVTCHNOP_unmask:
		rc = channel_unmask(own, request->unmask.port);
		break;
	default:
		rc = -XEN_ENOSYS;
		break;
	}
	channels_unlock(own);
	return rc;
}

static int perform(uint32_t command, uint32_t start, union request *request)
{
	switch (command) {
	case EVTCHNOP_alloc_unbound:
		return alloc_unbound(&request->alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		return bind_interdomain(&request->bind_interdomain);
	case EVTCHNOP_close:
		return channel_close(current_domain()->events, request->close.port);
	case EVTCHNOP_status:
		return port_status(&request->status);
	case EVTCHNOP_reset:
		return reset(&request->reset, start);
	default:
		return own_port(command, request);
	}
}

static const struct operation {
	uint8_t size;	 /* of the request; 0: no such command */
	bool has_result; /* in the request, once it is done    */
} operations[] = {
	[EVTCHNOP_bind_interdomain] = {sizeof(struct evtchn_bind_interdomain), true},
	[EVTCHNOP_bind_virq] = {sizeof(struct evtchn_bind_virq), true},
	[EVTCHNOP_bind_pirq] = {sizeof(struct evtchn_bind_pirq), true},
	[EVTCHNOP_close] = {sizeof(struct evtchn_close), false},
	[EVTCHNOP_status] = {sizeof(struct evtchn_status), true},
	[EVTCHNOP_alloc_unbound] = {sizeof(struct evtchn_alloc_unbound), true},
	[EVTCHNOP_bind_ipi] = {sizeof(struct evtchn_bind_ipi), true},
	[EVTCHNOP_bind_vcpu] = {sizeof(struct evtchn_bind_vcpu), false},
	[EVTCHNOP_unmask] = {sizeof(struct evtchn_unmask), false},
	[EVTCHNOP_reset] = {sizeof(struct evtchn_reset), false},
};

/* The port a request that cannot be answered has made; 0: none. */
static uint32_t made_port(uint32_t command, const union request *request)
{
	switch (command) {
	case EVTCHNOP_bind_interdomain:
		return request->bind_interdomain.local_port;
	case EVTCHNOP_bind_virq:
		return request->bind_virq.port;
	case EVTCHNOP_bind_pirq:
		return request->bind_pirq.port;
	case EVTCHNOP_bind_ipi:
		return request->bind_ipi.port;
	default:
		/* Another domain may have bound to an unbound one by now. */
		return 0;
	}
}

static int64_t send(guest_va_t argument)
{
	struct evtchn_send request __attribute__((uninitialized));
	struct channels_locked own;
	int rc;

	if (!copy_from_guest(&request, argument, sizeof(request)))
		return -XEN_EFAULT;
	own = channels_lock(current_domain()->events);
	rc = channel_send(own, request.port);
	channels_unlock(own);
	return rc;
}

static NOINLINE int64_t perform_command(reg_t full_command, reg_t argument)
{
	uint32_t command = (uint32_t)full_command & COMMAND_MASK;
	uint32_t start = (uint32_t)full_command >> COMMAND_BITS;
	const struct operation *operation;
	union request request = {0};
	int rc;

	if (command >= ARRAY_SIZE(operations) || (start != 0 && command != EVTCHNOP_reset))
		return -XEN_ENOSYS;
	operation = &operations[index_nospec(command, ARRAY_SIZE(operations))];
	if (operation->size == 0)
		return -XEN_ENOSYS;
	if (!copy_from_guest(&request, guest_va(argument), operation->size))
		return -XEN_EFAULT;
	rc = perform(command, start, &request);
	if (rc != 0 || !operation->has_result)
		return rc;
	if (copy_to_guest(guest_va(argument), &request, operation->size))
		return 0;
	/* Nobody has learnt of the port: do not keep it. */
	if (made_port(command, &request))
		(void)!channel_close(current_domain()->events, made_port(command, &request));
	return -XEN_EFAULT;
}

/* Sending is what guests do all day: it has a way of its own. */
int64_t hc_event_channel_op(reg_t command, reg_t argument)
{
	if (likely(command == EVTCHNOP_send))
		return send(guest_va(argument));
	return perform_command(command, argument);
}
