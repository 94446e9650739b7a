/* SPDX-License-Identifier: MIT */
/* pv-drivers/netback/connect.c - what is offered, and what the front chose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pv-drivers/netback/server.h"

static int offer(void *backend)
{
	struct server *server = backend;
	const struct device_number nodes[] = {
		{"feature-sg", 1},
		{"feature-gso-tcpv4", 1},
		{"feature-gso-tcpv6", 1},
		{"feature-ipv6-csum-offload", 1},
		{"feature-rx-copy", 1},
		{"feature-rx-flip", 0},
		{"feature-split-event-channels", 1},
		{"feature-multicast-control", 1},
		{"feature-ctrl-ring", 0},
		{"multi-queue-max-queues", server->tap.count},
	};

	return device_write_numbers(&server->device, nodes, ARRAY_SIZE(nodes));
}

static void detach_all(void *backend)
{
	struct server *server = backend;

	for (uint32_t i = 0; i < TAP_QUEUES_MOST; i++)
		queue_detach(server, &server->queues[i]);
	server->queue_count = 0;
}

/* A number below a queue's nodes; false: it is not there, or is none. */
static bool read_below(struct server *server, const char *prefix, const char *name,
		       uint32_t *number)
{
	char path[64];
	uint64_t value;

	snprintf(path, sizeof(path), "%s%s", prefix, name);
	value = device_front_number(&server->device, path, UINT64_MAX);
	*number = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* A port for each direction, or one for both. */
static bool read_ports(struct server *server, const char *prefix, uint32_t *send, uint32_t *receive)
{
	if (read_below(server, prefix, "event-channel-tx", send) &&
	    read_below(server, prefix, "event-channel-rx", receive))
		return true;
	if (!read_below(server, prefix, "event-channel", send))
		return false;
	*receive = *send;
	return true;
}

static bool attach_queue(struct server *server, uint32_t which, uint32_t count, bool again)
{
	struct lane_place send, receive;
	char prefix[16] = "";

	if (count > 1)
		snprintf(prefix, sizeof(prefix), "queue-%u/", which);
	return read_below(server, prefix, "tx-ring-ref", &send.grant) &&
	       read_below(server, prefix, "rx-ring-ref", &receive.grant) &&
	       read_ports(server, prefix, &send.port, &receive.port) &&
	       queue_attach(server, &server->queues[which], &send, &receive, again);
}

/* What the guest takes unfinished, or would rather have done for it. */
static struct tap_offers front_takes(struct pv_device *device)
{
	bool scatter = device_front_number(device, "feature-sg", 0);

	return (struct tap_offers){
		.checksum = !device_front_number(device, "feature-no-csum-offload", 0) &&
			    device_front_number(device, "feature-ipv6-csum-offload", 0),
		.tcpv4 = scatter && device_front_number(device, "feature-gso-tcpv4", 0),
		.tcpv6 = scatter && device_front_number(device, "feature-gso-tcpv6", 0),
	};
}

static bool attach_all(void *backend, bool again)
{
	struct server *server = backend;
	struct pv_device *device = &server->device;
	uint64_t count = device_front_number(device, "multi-queue-num-queues", 1);
	struct tap_offers offers = front_takes(device);

	if (count < 1 || count > server->tap.count ||
	    device_front_number(device, "request-rx-copy", 0) != 1)
		return false;
	if (!again)
		groups_begin(&server->memory->groups,
			     device_front_number(device, "request-multicast-control", 0) == 1);
	for (uint32_t i = 0; i < count; i++) {
		if (!attach_queue(server, i, (uint32_t)count, again)) {
			detach_all(server);
			return false;
		}
		server->queue_count = i + 1;
	}
	if (tap_use(&server->tap, server->queue_count, &offers)) {
		device_log(device, "its interface in dom0 cannot be made to fit");
		detach_all(server);
		return false;
	}
	return true;
}

static const struct device_deeds deeds = {offer, attach_all, NULL, detach_all};

void connect_give_up(struct server *server, const char *why)
{
	device_give_up(&server->device, &deeds, server, why);
}

bool connect_follow(struct server *server, enum device_exit *status)
{
	bool draining;

	return device_follow(&server->device, &deeds, server, false, &draining, status);
}
