// needs: event-channels/pending.c event-channels/channel.c event-channels/send.c
// needs: tests/unit/model_events.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_channel.c - each kind of port, each refusal.
 */
#include "event-channels/send.h"
#include "tests/unit/check.h"
#include "tests/unit/model_events.h"

static struct evtchn_status status;

static uint32_t status_of(uint32_t domain, uint32_t port)
{
	EXPECT_EQUAL(model_status(domain, port, &status), 0);
	return status.status;
}

static void test_channel_unbound(void)
{
	uint32_t port = 0;

	model_events_reset();
	EXPECT_EQUAL(model_alloc(0, 1, &port), 0);
	EXPECT_EQUAL(port, 1);
	EXPECT_EQUAL(status_of(0, 1), EVTCHNSTAT_unbound);
	EXPECT_EQUAL(status.u.unbound.dom, 1);
	EXPECT_EQUAL(model_send(0, 1), 0);
	EXPECT(!model_pending(0, 1));
	EXPECT_EQUAL(model_bind(0, 0, 1, &port), -XEN_EINVAL); /* waits for domain 1 */
	EXPECT_EQUAL(status_of(0, 0), EVTCHNSTAT_closed);
}

static void test_channel_interdomain(void)
{
	uint32_t a = 0, b = 0, c = 0;

	model_events_reset();
	EXPECT_EQUAL(model_ipi(1, 0, &c), 0); /* so that the numbers differ */
	EXPECT_EQUAL(model_alloc(0, 1, &a), 0);
	EXPECT_EQUAL(model_bind(1, 0, a, &b), 0);
	EXPECT_EQUAL(b, 2);
	EXPECT(model_pending(1, b));
	EXPECT(!model_pending(0, a));
	EXPECT_EQUAL(status_of(0, a), EVTCHNSTAT_interdomain);
	EXPECT_EQUAL(status.u.interdomain.dom, 1);
	EXPECT_EQUAL(status.u.interdomain.port, b);
	EXPECT_EQUAL(model_bind(1, 0, a, &c), -XEN_EINVAL);
	EXPECT_EQUAL(model_send(1, b), 0);
	EXPECT(model_pending(0, a));
	EXPECT_EQUAL(channel_close(&domains[1].channels, b), 0);
	EXPECT(!model_pending(1, b));
	EXPECT_EQUAL(status_of(0, a), EVTCHNSTAT_unbound);
	EXPECT_EQUAL(status.u.unbound.dom, 1);
	EXPECT_EQUAL(status_of(1, b), EVTCHNSTAT_closed);
	EXPECT_EQUAL(model_bind(1, 0, a, &c), 0);
	EXPECT_EQUAL(c, b);
	EXPECT_EQUAL(channel_close(&domains[0].channels, a), 0);
	EXPECT_EQUAL(status_of(1, b), EVTCHNSTAT_unbound);
	EXPECT_EQUAL(status.u.unbound.dom, 0);
	EXPECT_EQUAL(domains[0].references + domains[1].references, 0);
}

static void test_channel_virq(void)
{
	uint32_t port = 0, other = 0;

	model_events_reset();
	channel_send_virq(&domains[0].channels, 0, VIRQ_TIMER); /* unbound: nothing */
	EXPECT_EQUAL(model_virq(0, VIRQ_TIMER, 1, &port), 0);
	EXPECT_EQUAL(model_virq(0, VIRQ_TIMER, 1, &other), -XEN_EEXIST);
	EXPECT_EQUAL(model_virq(0, VIRQ_TIMER, 0, &other), 0);
	EXPECT_EQUAL(model_virq(0, VIRQ_TIMER, 2, &other), -XEN_ENOENT);
	EXPECT_EQUAL(model_virq(0, NR_VIRQS, 0, &other), -XEN_EINVAL);
	EXPECT_EQUAL(model_virq(0, ~0u, ~0u, &other), -XEN_EINVAL);
	EXPECT_EQUAL(model_virq(0, VIRQ_CONSOLE, 1, &other), -XEN_EINVAL);
	EXPECT_EQUAL(model_send(0, port), -XEN_EINVAL);
	channel_send_virq(&domains[0].channels, 1, VIRQ_TIMER);
	EXPECT(model_pending(0, port));
	EXPECT_EQUAL(domains[0].upcalls[1], 1);
	EXPECT_EQUAL(domains[0].upcalls[0], 0);
	EXPECT_EQUAL(model_vcpu(0, port, 0), -XEN_EINVAL);
	EXPECT_EQUAL(channel_close(&domains[0].channels, port), 0);
	channel_send_virq(&domains[0].channels, 1, VIRQ_TIMER);
	EXPECT(!model_pending(0, port));
	EXPECT_EQUAL(model_virq(0, VIRQ_TIMER, 1, &other), 0);
	EXPECT_EQUAL(other, port);
}

static void test_channel_global_virq_moves(void)
{
	uint32_t port = 0;

	model_events_reset();
	EXPECT_EQUAL(model_virq(0, VIRQ_CONSOLE, 0, &port), 0);
	EXPECT_EQUAL(model_vcpu(0, port, 1), 0);
	channel_send_virq(&domains[0].channels, 0, VIRQ_CONSOLE);
	EXPECT_EQUAL(domains[0].upcalls[1], 1);
	EXPECT_EQUAL(model_virq(0, VIRQ_CONSOLE, 0, &port), -XEN_EEXIST);
	EXPECT_EQUAL(channel_close(&domains[0].channels, port), 0);
	EXPECT_EQUAL(model_virq(0, VIRQ_CONSOLE, 0, &port), 0);
}

static void test_channel_pirq(void)
{
	uint32_t port = 0, other = 0;

	model_events_reset();
	EXPECT_EQUAL(model_pirq(0, 3, &port), 0);
	EXPECT_EQUAL(model_pirq(0, 3, &other), -XEN_EEXIST);
	EXPECT_EQUAL(model_pirq(0, MODEL_PIRQS, &other), -XEN_EINVAL);
	EXPECT_EQUAL(status_of(0, 2), EVTCHNSTAT_closed);
	EXPECT_EQUAL(status_of(0, port), EVTCHNSTAT_pirq);
	EXPECT_EQUAL(status.u.pirq, 3);
	channel_send_pirq(&domains[0].channels, port);
	EXPECT(model_pending(0, port));
	EXPECT_EQUAL(model_vcpu(0, port, 1), 0);
	EXPECT_EQUAL(domains[0].pirq_vcpu, 1);
	EXPECT_EQUAL(model_unmask(0, port), 0);
	EXPECT_EQUAL(domains[0].pirq_unmasks, 1);
	EXPECT_EQUAL(model_send(0, port), -XEN_EINVAL);
	EXPECT_EQUAL(channel_close(&domains[0].channels, port), 0);
	EXPECT_EQUAL(domains[0].pirq_port[3], 0);
	channel_send_pirq(&domains[0].channels, port);
	channel_send_pirq(&domains[0].channels, 0);
	channel_send_pirq(&domains[0].channels, ~0u);
	EXPECT(!model_pending(0, port));
}

static void test_channel_ipi(void)
{
	uint32_t port = 0, other = 0;

	model_events_reset();
	EXPECT_EQUAL(model_ipi(0, 1, &port), 0);
	EXPECT_EQUAL(model_ipi(0, 2, &other), -XEN_ENOENT);
	EXPECT_EQUAL(model_ipi(0, ~0u, &other), -XEN_ENOENT);
	EXPECT_EQUAL(model_send(0, port), 0);
	EXPECT_EQUAL(domains[0].selector[1], 1);
	EXPECT_EQUAL(model_vcpu(0, port, 0), -XEN_EINVAL);
	EXPECT_EQUAL(status_of(0, port), EVTCHNSTAT_ipi);
	EXPECT_EQUAL(status.vcpu, 1);
}

static void test_channel_bad_numbers(void)
{
	static const uint32_t bad[] = {PORT_COUNT, PORT_COUNT + 1, 1u << 31, ~0u};
	uint32_t port;

	model_events_reset();
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQUAL(model_send(0, bad[i]), -XEN_EINVAL);
		EXPECT_EQUAL(model_unmask(0, bad[i]), -XEN_EINVAL);
		EXPECT_EQUAL(model_vcpu(0, bad[i], 0), -XEN_EINVAL);
		EXPECT_EQUAL(model_status(0, bad[i], &status), -XEN_EINVAL);
		EXPECT_EQUAL(model_bind(0, 1, bad[i], &port), -XEN_EINVAL);
		EXPECT_EQUAL(channel_close(&domains[0].channels, bad[i]), -XEN_EINVAL);
	}
	EXPECT_EQUAL(model_send(0, 0), -XEN_EINVAL);
	EXPECT_EQUAL(channel_close(&domains[0].channels, 0), -XEN_EINVAL);
	EXPECT_EQUAL(model_bind(0, 1, 0, &port), -XEN_EINVAL);
	EXPECT_EQUAL(model_vcpu(0, 0, 0), -XEN_EINVAL);
	EXPECT_EQUAL(model_vcpu(0, 5, MODEL_VCPUS), -XEN_ENOENT);
}

static void test_channel_all_ports(void)
{
	uint32_t port = 0, next = 0, rounds = 0;

	model_events_reset();
	for (uint32_t i = 1; i < PORT_COUNT; i++) {
		EXPECT_EQUAL(model_alloc(0, 1, &port), 0);
		EXPECT_EQUAL(port, i);
	}
	EXPECT_EQUAL(model_alloc(0, 1, &port), -XEN_ENOSPC);
	EXPECT_EQUAL(model_pirq(0, 1, &port), -XEN_ENOSPC);
	EXPECT_EQUAL(domains[0].pirq_port[1], 0);
	EXPECT_EQUAL(model_bind(1, 0, PORT_COUNT - 1, &port), 0);
	EXPECT_EQUAL(channel_close(&domains[0].channels, 2000), 0);
	EXPECT_EQUAL(model_ipi(0, 0, &port), 0);
	EXPECT_EQUAL(port, 2000);
	while (!channels_close_some(&domains[0].channels, &next, 64))
		rounds++;
	EXPECT_EQUAL(rounds, (PORT_COUNT - 1) / 64);
	for (uint32_t i = 0; i < PORT_COUNT; i++)
		EXPECT_EQUAL(status_of(0, i), EVTCHNSTAT_closed);
	EXPECT_EQUAL(status_of(1, 1), EVTCHNSTAT_unbound);
	EXPECT_EQUAL(model_alloc(0, 1, &port), 0);
	EXPECT_EQUAL(port, 1);
}

static void test_channel_closing(void)
{
	uint32_t port = 0;

	model_events_reset();
	domains[0].channels.closing = true;
	EXPECT_EQUAL(model_alloc(0, 1, &port), -XEN_EINVAL);
	EXPECT_EQUAL(model_ipi(0, 0, &port), -XEN_EINVAL);
	EXPECT_EQUAL(model_alloc(1, 0, &port), 0);
	EXPECT_EQUAL(model_bind(0, 1, port, &port), -XEN_EINVAL);
	EXPECT_EQUAL(status_of(1, 1), EVTCHNSTAT_unbound);
}

int main(void)
{
	RUN(test_channel_unbound);
	RUN(test_channel_interdomain);
	RUN(test_channel_virq);
	RUN(test_channel_global_virq_moves);
	RUN(test_channel_pirq);
	RUN(test_channel_ipi);
	RUN(test_channel_bad_numbers);
	RUN(test_channel_all_ports);
	RUN(test_channel_closing);
	return check_result();
}
