/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/model_events.h - domains that have nothing but event channels,
 * for the tests of event-channels/: answers ports.h and remembers the asking.
 */
#pragma once

#include "event-channels/channel.h"

#define MODEL_VCPUS 2
#define MODEL_PIRQS 8

struct domain {
	struct event_channels channels;
	uint64_t pending[PORT_COUNT / 64], mask[PORT_COUNT / 64];
	uint64_t selector[MODEL_VCPUS];
	uint32_t upcalls[MODEL_VCPUS]; /* how often it was told */
	uint32_t woken_port, wakes;
	uint32_t references;
	uint32_t pirq_port[MODEL_PIRQS]; /* 0: free */
	uint32_t pirq_unmasks, pirq_vcpu;
	uint32_t virqs[MODEL_VCPUS][NR_VIRQS];
	struct event_port ports[PORT_COUNT];
};

extern struct domain domains[2];

/* Both domains as new. */
void model_events_reset(void);

/* The operations with the locks around them. */
int model_alloc(uint32_t domain, domid_t remote, uint32_t *port);
int model_bind(uint32_t domain, uint32_t remote, uint32_t remote_port, uint32_t *port);
int model_virq(uint32_t domain, uint32_t virq, uint32_t vcpu, uint32_t *port);
int model_ipi(uint32_t domain, uint32_t vcpu, uint32_t *port);
int model_pirq(uint32_t domain, uint32_t pirq, uint32_t *port);
int model_send(uint32_t domain, uint32_t port);
int model_vcpu(uint32_t domain, uint32_t port, uint32_t vcpu);
int model_unmask(uint32_t domain, uint32_t port);
int model_status(uint32_t domain, uint32_t port, struct evtchn_status *status);

/* The guest takes everything that is pending and not masked. */
void model_take(uint32_t domain);
bool model_pending(uint32_t domain, uint32_t port);
