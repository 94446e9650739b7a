/* SPDX-License-Identifier: MIT */
/* Unbound and interdomain ports within one domain, status, and rebinding. */
#include "tests/guest/lib/guest.h"

static long status(uint32_t port, struct evtchn_status *status)
{
	memset(status, 0, sizeof(*status));
	status->dom = DOMID_SELF;
	status->port = port;
	return call_event(EVTCHNOP_status, status);
}

static long unbound(uint16_t dom, uint16_t remote, uint32_t *port)
{
	struct evtchn_alloc_unbound alloc = {.dom = dom, .remote_dom = remote};
	long error = call_event(EVTCHNOP_alloc_unbound, &alloc);

	*port = alloc.port;
	return error;
}

static long interdomain(uint16_t dom, uint32_t remote, uint32_t *port)
{
	struct evtchn_bind_interdomain bind = {.remote_dom = dom, .remote_port = remote};
	long error = call_event(EVTCHNOP_bind_interdomain, &bind);

	*port = bind.local_port;
	return error;
}

static void claim_pair(void)
{
	struct evtchn_status s;
	uint32_t a, b, c;

	expect("alloc", unbound(DOMID_SELF, DOMID_SELF, &a), 0);
	expect("alloc-status", status(a, &s), 0);
	expect("alloc-status-unbound", s.status, EVTCHNSTAT_unbound);
	expect("alloc-status-dom", s.u.unbound.dom, 0);
	expect("send-unbound", send_port(a), 0);
	expect("send-unbound-quiet", event_pending(a), 0);
	expect("bind", interdomain(DOMID_SELF, a, &b), 0);
	expect("bind-marks-local", event_pending(b), 1);
	event_clear(a);
	event_clear(b);
	expect("status", status(b, &s), 0);
	expect("status-interdomain", s.status, EVTCHNSTAT_interdomain);
	expect("status-port", s.u.interdomain.port, a);
	expect("status-dom", s.u.interdomain.dom, 0);
	expect("bind-taken", interdomain(DOMID_SELF, a, &c), -XEN_EINVAL);
	expect("send", send_port(b), 0);
	expect("send-at-peer", event_pending(a), 1);
	expect("send-not-here", event_pending(b), 0);
	event_clear(a);
	expect("send-back", send_port(a), 0);
	expect("send-back-at-peer", event_pending(b), 1);
	expect("close-one", close_port(b), 0);
	expect("close-peer-status", status(a, &s), 0);
	expect("close-peer-unbound", s.status, EVTCHNSTAT_unbound);
	expect("close-peer-dom", s.u.unbound.dom, 0);
	expect("closed-status", status(b, &s), 0);
	expect("closed-status-closed", s.status, EVTCHNSTAT_closed);
	expect("rebind", interdomain(DOMID_SELF, a, &c), 0);
	expect("rebind-lowest", c, b);
	expect("close-both", close_port(a) | close_port(c), 0);
}

static void claim_refusals(void)
{
	struct evtchn_status s;
	uint32_t port;

	expect("alloc-no-domain", unbound(7, DOMID_SELF, &port), -XEN_ESRCH);
	expect("alloc-for-absent-remote", unbound(DOMID_SELF, 7, &port), 0);
	expect("bind-other-remote", interdomain(DOMID_SELF, port, &s.port), -XEN_EINVAL);
	expect("close-absent-remote", close_port(port), 0);
	expect("bind-no-domain", interdomain(7, 1, &port), -XEN_ESRCH);
	expect("bind-closed", interdomain(DOMID_SELF, 1000, &port), -XEN_EINVAL);
	expect("bind-port-0", interdomain(DOMID_SELF, 0, &port), -XEN_EINVAL);
	expect("bind-4096", interdomain(DOMID_SELF, 4096, &port), -XEN_EINVAL);
	expect("bind-max", interdomain(DOMID_SELF, ~0u, &port), -XEN_EINVAL);
	expect("status-0", status(0, &s), 0);
	expect("status-0-closed", s.status, EVTCHNSTAT_closed);
	expect("status-4096", status(4096, &s), -XEN_EINVAL);
	expect("status-max", status(~0u, &s), -XEN_EINVAL);
	s.dom = 7;
	s.port = 1;
	expect("status-no-domain", call_event(EVTCHNOP_status, &s), -XEN_ESRCH);
	expect("close-0", close_port(0), -XEN_EINVAL);
	expect("close-4096", close_port(4096), -XEN_EINVAL);
	expect("close-max", close_port(~0u), -XEN_EINVAL);
	expect("send-0", send_port(0), -XEN_EINVAL);
	expect("send-4096", send_port(4096), -XEN_EINVAL);
	expect("send-max", send_port(~0u), -XEN_EINVAL);
	struct evtchn_unmask unmask = {.port = 4096};

	expect("unmask-4096", call_event(EVTCHNOP_unmask, &unmask), -XEN_EINVAL);
	unmask.port = ~0u;
	expect("unmask-max", call_event(EVTCHNOP_unmask, &unmask), -XEN_EINVAL);
	expect("ipi-no-vcpu", bind_ipi(1), -XEN_ENOENT);
	expect("ipi-max-vcpu", bind_ipi(~0u), -XEN_ENOENT);
}

void guest_main(void)
{
	claim_pair();
	claim_refusals();
}
