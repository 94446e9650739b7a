/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/connect.c - what is offered, what the front chose, and its leaving. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>

#include "pv-drivers/blkback/server.h"

/* Nodes of the backend with a number each: what the front may rely on, and what it is told. */
struct number_node {
	const char *name;
	uint64_t value;
};

static int write_numbers(struct server *server, const struct number_node *nodes, size_t count)
{
	int result = 0;

	for (size_t i = 0; !result && i < count; i++)
		result = device_write(&server->device, nodes[i].name, "%llu",
				      (unsigned long long)nodes[i].value);
	return result;
}

/* Before the front chooses. */
static int offer(struct server *server)
{
	const struct request_limits *limits = &server->limits;
	const struct number_node nodes[] = {
		{"feature-flush-cache", !limits->read_only},
		{"feature-barrier", 0},
		{"feature-persistent", 0},
		{"feature-discard", limits->discard},
		{"discard-granularity", server->disk.block_bytes},
		{"discard-alignment", 0},
		{"discard-secure", 0},
		{"feature-max-indirect-segments", REQUEST_SEGMENTS_MOST},
		{"multi-queue-max-queues", QUEUES_MOST},
		{"max-ring-page-order", RING_ORDER_MOST},
	};
	int result = write_numbers(server, nodes, ARRAY_SIZE(nodes));

	return result ? result : device_set_state(&server->device, XenbusStateInitWait);
}

/* How big the medium is: a front reads it each time the state is written. */
static int tell_medium(struct server *server)
{
	const struct number_node nodes[] = {
		{"sectors", server->disk.sectors},
		{"info", server->limits.read_only ? VDISK_READONLY : 0},
		{"sector-size", server->disk.sector_bytes},
		{"physical-sector-size", server->disk.block_bytes},
	};
	int result = write_numbers(server, nodes, ARRAY_SIZE(nodes));

	return result ? result : device_set_state(&server->device, XenbusStateConnected);
}

static void detach_all(struct server *server)
{
	for (uint32_t i = 0; i < QUEUES_MOST; i++)
		queue_detach(server, &server->queues[i]);
	server->queue_count = 0;
	server->device.states.attached = false;
}

/* One queue's grants and port, below `prefix` of the front; false: they are not there. */
static bool attach_queue(struct server *server, struct queue *queue, const char *prefix,
			 uint32_t pages, bool several, bool again)
{
	uint32_t grants[RING_PAGES_MOST];
	uint64_t port;
	char name[48];

	for (uint32_t i = 0; i < pages; i++) {
		uint64_t grant;

		if (several)
			snprintf(name, sizeof(name), "%sring-ref%u", prefix, i);
		else
			snprintf(name, sizeof(name), "%sring-ref", prefix);
		grant = device_front_number(&server->device, name, UINT64_MAX);
		if (grant > UINT32_MAX)
			return false;
		grants[i] = (uint32_t)grant;
	}
	snprintf(name, sizeof(name), "%sevent-channel", prefix);
	port = device_front_number(&server->device, name, UINT64_MAX);
	return port <= UINT32_MAX &&
	       queue_attach(server, queue, grants, pages, (uint32_t)port, again);
}

static bool speaks_our_layout(struct server *server)
{
	char *protocol = device_front_text(&server->device, "protocol");
	bool ours = !protocol || !strcmp(protocol, XEN_IO_PROTO_ABI_X86_64);

	free(protocol);
	return ours;
}

/* The rings the front has made; false: they are not what it may make. */
static bool attach_all(struct server *server, bool again)
{
	struct pv_device *device = &server->device;
	uint64_t count = device_front_number(device, "multi-queue-num-queues", 1);
	uint64_t order = device_front_number(device, "ring-page-order", UINT64_MAX);
	bool several = order != UINT64_MAX; /* ring-ref0 also where it is the only one */

	if (!several)
		order = 0;
	if (count < 1 || count > QUEUES_MOST || order > RING_ORDER_MOST ||
	    !speaks_our_layout(server))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		char prefix[16] = "";

		if (count > 1)
			snprintf(prefix, sizeof(prefix), "queue-%u/", i);
		if (!attach_queue(server, &server->queues[i], prefix, 1u << order, several && order,
				  again)) {
			detach_all(server);
			return false;
		}
		server->queue_count = i + 1;
	}
	device->states.attached = true;
	return true;
}

void connect_give_up(struct server *server, const char *why)
{
	device_log(&server->device, "the guest is disconnected: %s", why);
	detach_all(server);
	if (device_write(&server->device, "enso-error", "the guest broke the protocol: %s", why) ||
	    device_set_state(&server->device, XenbusStateClosed))
		device_log(&server->device, "this could not be written to the store");
}

void connect_resize(struct server *server)
{
	uint64_t resizes = device_back_number(&server->device, "resize", 0);

	if (resizes == server->resizes)
		return;
	server->resizes = resizes;
	if (disk_measure(&server->disk)) {
		device_log(&server->device, "its size cannot be told any more");
		return;
	}
	server->limits.sectors = server->disk.sectors;
	if (server->device.states.attached && tell_medium(server))
		device_log(&server->device, "its new size could not be written to the store");
}

static int close_device(struct server *server)
{
	detach_all(server);
	return device_set_state(&server->device, XenbusStateClosed);
}

/* One step; 1: done and there may be more, 0: nothing to do, or a negative errno. */
static int step(struct server *server, enum handshake_step next)
{
	int result = 0;

	switch (next) {
	case HANDSHAKE_WAIT:
	case HANDSHAKE_END:
		return 0;
	case HANDSHAKE_OFFER:
		result = offer(server);
		break;
	case HANDSHAKE_CONNECT:
		server->memory->flush_failed = false;
		if (!attach_all(server, false))
			connect_give_up(server, "its rings are not what it may make");
		else
			result = tell_medium(server);
		break;
	case HANDSHAKE_REATTACH:
		if (!attach_all(server, true))
			connect_give_up(server, "its rings cannot be taken over");
		break;
	case HANDSHAKE_CLOSE:
		result = close_device(server);
		break;
	}
	return result ? result : 1;
}

bool connect_follow(struct server *server, enum device_exit *status)
{
	enum handshake_step next;
	int result;

	do {
		result = device_look(&server->device);
		next = handshake_next(&server->device.states);
		/* What is being done has a ring to go to until it is done. */
		server->draining = server->in_flight &&
				   (next == HANDSHAKE_CLOSE || next == HANDSHAKE_CONNECT ||
				    next == HANDSHAKE_REATTACH);
		if (server->draining)
			return true;
		if (result == 0)
			result = step(server, next);
	} while (result == 1);
	if (result == 0 && next != HANDSHAKE_END)
		return true;
	/* Its nodes have been removed. */
	if (result == -ENOENT)
		result = 0;
	if (result)
		device_log(&server->device, "the store: %s", strerror(-result));
	*status = result ? DEVICE_EXIT_AGAIN : DEVICE_EXIT_DONE;
	return false;
}
