// needs: event-channels/pending.c event-channels/channel.c event-channels/send.c
// needs: tests/unit/model_events.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_channel_histories.c - every short history of two domains
 * with three ports each, and long random ones, against a reference that says
 * the rules once more in the simplest way.
 *
 * After each step: results and states are the reference's; peers point at each
 * other; what is pending and not masked has been told to a vCPU.
 */
#include <stdlib.h>

#include "event-channels/send.h"
#include "tests/unit/check.h"
#include "tests/unit/model_events.h"

#define PORTS  4 /* 1..3 are there, 0 never is */
#define DEPTH  5
#define RANDOM 3000000

/* The reference ---------------------------------------------------------------- */

struct simple_port {
	uint32_t kind; /* EVTCHNSTAT_* */
	uint32_t domain, port;
	bool pending, masked;
};

struct simple {
	struct simple_port ports[2][PORTS];
};

static struct simple simple;

static uint32_t simple_free(uint32_t domain)
{
	for (uint32_t port = 1; port < PORTS; port++)
		if (simple.ports[domain][port].kind == EVTCHNSTAT_closed)
			return port;
	return 0;
}

static int simple_new(uint32_t domain, uint32_t kind, uint32_t other, uint32_t other_port)
{
	uint32_t port = simple_free(domain);
	struct simple_port *to = &simple.ports[domain][port];

	if (!port)
		return -XEN_ENOSPC;
	to->kind = kind;
	to->domain = other;
	to->port = other_port;
	return (int)port;
}

static int simple_bind(uint32_t domain, uint32_t other, uint32_t other_port)
{
	struct simple_port *peer = &simple.ports[other][other_port];
	int port;

	if (peer->kind != EVTCHNSTAT_unbound || peer->domain != domain)
		return -XEN_EINVAL;
	port = simple_new(domain, EVTCHNSTAT_interdomain, other, other_port);
	if (port < 0)
		return port;
	*peer = (struct simple_port){EVTCHNSTAT_interdomain, domain, (uint32_t)port, peer->pending,
				     peer->masked};
	simple.ports[domain][port].pending = true;
	return port;
}

static int simple_virq(uint32_t domain)
{
	for (uint32_t port = 1; port < PORTS; port++)
		if (simple.ports[domain][port].kind == EVTCHNSTAT_virq)
			return -XEN_EEXIST;
	return simple_new(domain, EVTCHNSTAT_virq, 0, VIRQ_TIMER);
}

static int simple_close(uint32_t domain, uint32_t port)
{
	struct simple_port *closed = &simple.ports[domain][port];
	struct simple_port was = *closed;

	if (was.kind == EVTCHNSTAT_closed)
		return -XEN_EINVAL;
	*closed = (struct simple_port){.masked = was.masked};
	if (was.kind == EVTCHNSTAT_interdomain) {
		struct simple_port *peer = &simple.ports[was.domain][was.port];

		peer->kind = EVTCHNSTAT_unbound;
		peer->domain = domain;
		peer->port = 0;
	}
	return 0;
}

static int simple_send(uint32_t domain, uint32_t port)
{
	struct simple_port *from = &simple.ports[domain][port];

	switch (from->kind) {
	case EVTCHNSTAT_interdomain:
		simple.ports[from->domain][from->port].pending = true;
		return 0;
	case EVTCHNSTAT_ipi:
		from->pending = true;
		return 0;
	case EVTCHNSTAT_unbound:
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

/* Steps ------------------------------------------------------------------------ */

enum step_kind { ALLOC, BIND, VIRQ, IPI, CLOSE, SEND, FIRE, MASK, UNMASK, TAKE, MOVE };

struct step {
	enum step_kind kind;
	uint32_t domain, other, port;
};

static struct step steps[128];
static unsigned int step_count, step_count_short;

static void steps_add(enum step_kind kind, uint32_t domain, uint32_t other, uint32_t port)
{
	steps[step_count++] = (struct step){kind, domain, other, port};
}

/* First those for the complete histories, then what only random ones do too. */
static void steps_make(void)
{
	for (uint32_t domain = 0; domain < 2; domain++) {
		steps_add(ALLOC, domain, !domain, 0);
		steps_add(BIND, domain, !domain, 1);
		steps_add(BIND, domain, !domain, 2);
		steps_add(IPI, domain, 0, 0);
		for (uint32_t port = 1; port <= 2; port++) {
			steps_add(CLOSE, domain, 0, port);
			steps_add(SEND, domain, 0, port);
		}
		steps_add(TAKE, domain, 0, 0);
	}
	steps_add(ALLOC, 0, 0, 0);
	steps_add(BIND, 0, 0, 1);
	steps_add(VIRQ, 0, 0, 0);
	steps_add(FIRE, 0, 0, 0);
	steps_add(MASK, 0, 0, 1);
	steps_add(UNMASK, 0, 0, 1);
	step_count_short = step_count;
	for (uint32_t domain = 0; domain < 2; domain++) {
		for (uint32_t port = 1; port < PORTS; port++) {
			steps_add(MASK, domain, 0, port);
			steps_add(UNMASK, domain, 0, port);
			steps_add(MOVE, domain, port & 1, port);
			steps_add(BIND, domain, domain, port);
		}
		steps_add(CLOSE, domain, 0, 3);
		steps_add(SEND, domain, 0, 3);
		steps_add(BIND, domain, !domain, 3);
		steps_add(ALLOC, domain, domain, 0);
		steps_add(VIRQ, domain, 0, 0);
		steps_add(FIRE, domain, 0, 0);
		steps_add(CLOSE, domain, 0, 0);
		steps_add(SEND, domain, 0, 0);
	}
}

static int step_simple(const struct step *s)
{
	switch (s->kind) {
	case ALLOC:
		return simple_new(s->domain, EVTCHNSTAT_unbound, s->other, 0);
	case BIND:
		return simple_bind(s->domain, s->other, s->port);
	case VIRQ:
		return simple_virq(s->domain);
	case IPI:
		return simple_new(s->domain, EVTCHNSTAT_ipi, 0, 0);
	case CLOSE:
		return simple_close(s->domain, s->port);
	case SEND:
		return simple_send(s->domain, s->port);
	case FIRE:
		for (uint32_t port = 1; port < PORTS; port++)
			if (simple.ports[s->domain][port].kind == EVTCHNSTAT_virq)
				simple.ports[s->domain][port].pending = true;
		return 0;
	case MASK:
		simple.ports[s->domain][s->port].masked = true;
		return 0;
	case UNMASK:
		simple.ports[s->domain][s->port].masked = false;
		return 0;
	case TAKE:
		for (uint32_t port = 1; port < PORTS; port++)
			if (!simple.ports[s->domain][port].masked)
				simple.ports[s->domain][port].pending = false;
		return 0;
	case MOVE:
		switch (simple.ports[s->domain][s->port].kind) {
		case EVTCHNSTAT_unbound:
		case EVTCHNSTAT_interdomain:
			return 0;
		default:
			return -XEN_EINVAL;
		}
	}
	abort();
}

static int step_real(const struct step *s)
{
	struct domain *d = &domains[s->domain];
	uint32_t port = 0;
	int rc;

	switch (s->kind) {
	case ALLOC:
		rc = model_alloc(s->domain, (domid_t)s->other, &port);
		return rc ? rc : (int)port;
	case BIND:
		rc = model_bind(s->domain, s->other, s->port, &port);
		return rc ? rc : (int)port;
	case VIRQ:
		rc = model_virq(s->domain, VIRQ_TIMER, 0, &port);
		return rc ? rc : (int)port;
	case IPI:
		rc = model_ipi(s->domain, 0, &port);
		return rc ? rc : (int)port;
	case CLOSE:
		return channel_close(&d->channels, s->port);
	case SEND:
		return model_send(s->domain, s->port);
	case FIRE:
		channel_send_virq(&d->channels, 0, VIRQ_TIMER);
		return 0;
	case MASK:
		d->mask[0] |= 1ull << s->port;
		return 0;
	case UNMASK:
		return model_unmask(s->domain, s->port);
	case TAKE:
		model_take(s->domain);
		return 0;
	case MOVE:
		return model_vcpu(s->domain, s->port, s->other);
	}
	abort();
}

/* Comparing -------------------------------------------------------------------- */

static bool told(const struct domain *d)
{
	for (uint32_t vcpu = 0; vcpu < MODEL_VCPUS; vcpu++)
		if ((d->selector[vcpu] & 1) && d->upcalls[vcpu])
			return true;
	return false;
}

static void compare_port(uint32_t domain, uint32_t port)
{
	const struct simple_port *expected = &simple.ports[domain][port];
	const struct domain *d = &domains[domain];
	struct evtchn_status got;

	EXPECT_EQUAL(model_status(domain, port, &got), 0);
	EXPECT_EQUAL(got.status, expected->kind);
	EXPECT_EQUAL(model_pending(domain, port), expected->pending);
	if (expected->kind == EVTCHNSTAT_unbound)
		EXPECT_EQUAL(got.u.unbound.dom, expected->domain);
	if (expected->kind == EVTCHNSTAT_virq)
		EXPECT_EQUAL(d->virqs[0][VIRQ_TIMER], port);
	if (expected->kind == EVTCHNSTAT_interdomain) {
		const struct event_port *peer =
			&domains[got.u.interdomain.dom].ports[got.u.interdomain.port];

		EXPECT_EQUAL(got.u.interdomain.dom, expected->domain);
		EXPECT_EQUAL(got.u.interdomain.port, expected->port);
		EXPECT(peer->state == PORT_INTERDOMAIN && peer->remote == &d->channels &&
		       peer->number == port);
	}
	if (expected->pending && !expected->masked)
		EXPECT(told(d));
}

static void compare(void)
{
	for (uint32_t domain = 0; domain < 2; domain++) {
		for (uint32_t port = 1; port < PORTS; port++)
			compare_port(domain, port);
		EXPECT_EQUAL(domains[domain].channels.lock.held, 0);
		EXPECT_EQUAL(domains[domain].references, 0);
	}
}

static void describe(const struct step *const *history, unsigned int length)
{
	static const char *const names[] = {"alloc", "bind", "virq",   "ipi",  "close", "send",
					    "fire",  "mask", "unmask", "take", "move"};
	size_t used = strlen(check_state.reason);

	for (unsigned int i = 0; i < length && used < sizeof(check_state.reason); i++)
		used += (size_t)snprintf(
			check_state.reason + used, sizeof(check_state.reason) - used,
			"%s d%u %s(%u,%u)", i ? ";" : " after", history[i]->domain,
			names[history[i]->kind], history[i]->other, history[i]->port);
}

/* Histories -------------------------------------------------------------------- */

/* All that a step may change. */
struct snapshot {
	struct simple simple;
	struct {
		struct event_port ports[PORTS];
		uint64_t used, pending, mask, selector[MODEL_VCPUS];
		uint32_t upcalls[MODEL_VCPUS], virq;
	} domain[2];
};

static void snapshot_take(struct snapshot *to)
{
	to->simple = simple;
	for (uint32_t i = 0; i < 2; i++) {
		struct domain *d = &domains[i];

		memcpy(to->domain[i].ports, d->ports, sizeof(to->domain[i].ports));
		memcpy(to->domain[i].selector, d->selector, sizeof(d->selector));
		memcpy(to->domain[i].upcalls, d->upcalls, sizeof(d->upcalls));
		to->domain[i].used = d->channels.used[0];
		to->domain[i].pending = d->pending[0];
		to->domain[i].mask = d->mask[0];
		to->domain[i].virq = d->virqs[0][VIRQ_TIMER];
	}
}

static void snapshot_restore(const struct snapshot *from)
{
	simple = from->simple;
	for (uint32_t i = 0; i < 2; i++) {
		struct domain *d = &domains[i];

		memcpy(d->ports, from->domain[i].ports, sizeof(from->domain[i].ports));
		memcpy(d->selector, from->domain[i].selector, sizeof(d->selector));
		memcpy(d->upcalls, from->domain[i].upcalls, sizeof(d->upcalls));
		d->channels.used[0] = from->domain[i].used;
		d->pending[0] = from->domain[i].pending;
		d->mask[0] = from->domain[i].mask;
		d->virqs[0][VIRQ_TIMER] = from->domain[i].virq;
	}
}

static void start(void)
{
	model_events_reset();
	memset(&simple, 0, sizeof(simple));
	for (uint32_t i = 0; i < 2; i++) {
		memset(domains[i].channels.used, 0xff, sizeof(domains[i].channels.used));
		domains[i].channels.used[0] &= ~0xeull;
	}
}

static unsigned long tried;

static void step_both(const struct step *s)
{
	int expected = step_simple(s), got = step_real(s);

	EXPECT_EQUAL(got, expected);
	compare();
	tried++;
}

static void explore(const struct step **history, unsigned int depth)
{
	struct snapshot before;

	snapshot_take(&before);
	for (unsigned int i = 0; i < step_count_short; i++) {
		history[depth] = &steps[i];
		step_both(&steps[i]);
		if (check_state.failed) {
			describe(history, depth + 1);
			return;
		}
		if (depth + 1 < DEPTH) {
			explore(history, depth + 1);
			if (check_state.failed)
				return;
		}
		snapshot_restore(&before);
	}
}

static void test_channel_histories_all(void)
{
	const struct step *history[DEPTH];

	start();
	explore(history, 0);
	EXPECT(tried > 1000000);
}

static void test_channel_histories_random(void)
{
	const struct step *last[6] = {0};
	uint64_t seed = 88172645463325252ull;

	start();
	for (unsigned long i = 0; i < RANDOM; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memmove(last, last + 1, sizeof(last) - sizeof(last[0]));
		last[5] = &steps[seed % step_count];
		step_both(last[5]);
		if (check_state.failed) {
			describe(last, i < 6 ? 0 : 6);
			return;
		}
	}
}

int main(void)
{
	steps_make();
	RUN(test_channel_histories_all);
	RUN(test_channel_histories_random);
	return check_result();
}
