/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/connect.c - what is offered, what the front chose, and its leaving. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>

#include "pv-drivers/blkback/server.h"

/* Before the front chooses. */
static int offer(void *backend)
{
	struct server *server = backend;
	const struct request_limits *limits = &server->limits;
	const struct device_number nodes[] = {
		{"feature-flush-cache", !limits->read_only},
		{"feature-barrier", 0},
		{"feature-persistent", 1},
		{"feature-discard", limits->discard},
		{"discard-granularity", server->disk.block_bytes},
		{"discard-alignment", 0},
		{"discard-secure", 0},
		{"feature-max-indirect-segments", REQUEST_SEGMENTS_MOST},
		{"multi-queue-max-queues", QUEUES_MOST},
		{"max-ring-page-order", RING_ORDER_MOST},
	};

	return device_write_numbers(&server->device, nodes, ARRAY_SIZE(nodes));
}

/* How big the medium is. */
static int tell_medium(void *backend)
{
	struct server *server = backend;
	const struct device_number nodes[] = {
		{"sectors", server->disk.sectors},
		{"info", (server->limits.read_only ? (unsigned int)VDISK_READONLY : 0) |
				 (server->is_cdrom ? VDISK_CDROM | VDISK_REMOVABLE : 0)},
		{"sector-size", server->disk.sector_bytes},
		{"physical-sector-size", server->disk.block_bytes},
	};

	return device_write_numbers(&server->device, nodes, ARRAY_SIZE(nodes));
}

static void detach_all(void *backend)
{
	struct server *server = backend;

	for (uint32_t i = 0; i < QUEUES_MOST; i++)
		queue_detach(server, &server->queues[i]);
	server->queue_count = 0;
	/* The kernel may be at work in them for a front that was given up: until the next attaches.
	 */
	if (!server->in_flight)
		held_end(&server->held, server->guest);
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

static bool attach_all(void *backend, bool again)
{
	struct server *server = backend;
	struct pv_device *device = &server->device;
	uint64_t count = device_front_number(device, "multi-queue-num-queues", 1);
	uint64_t order = device_front_number(device, "ring-page-order", UINT64_MAX);
	bool several = order != UINT64_MAX; /* ring-ref0 also where it is the only one */

	if (!several)
		order = 0;
	if (count < 1 || count > QUEUES_MOST || order > RING_ORDER_MOST ||
	    !speaks_our_layout(server))
		return false;
	if (!again)
		server->memory->flush_failed = false;
	held_end(&server->held, server->guest);
	held_begin(&server->held, device_front_number(device, "feature-persistent", 0) == 1);
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
	return true;
}

static const struct device_deeds deeds = {offer, attach_all, tell_medium, detach_all};

void connect_give_up(struct server *server, const char *why)
{
	device_give_up(&server->device, &deeds, server, why);
}

bool connect_follow(struct server *server, enum device_exit *status)
{
	return device_follow(&server->device, &deeds, server, server->in_flight, &server->draining,
			     status);
}

/* The front asks for the medium's size when the state is written, whatever it is. */
static int tell_again(struct server *server)
{
	int result = tell_medium(server);

	return result ? result : device_set_state(&server->device, XenbusStateConnected);
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
	if (server->device.states.attached && tell_again(server))
		device_log(&server->device, "its new size could not be written to the store");
}
