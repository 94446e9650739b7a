/* SPDX-License-Identifier: MIT */
/*
 * enso-netback DOMID NUMBER - serves one network interface of one guest, by a TAP device
 * in dom0.  ensod starts it, and starts it again when it dies: then it goes on with the
 * guest's rings as they are.  docs/adr/network-backend.md
 */
#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pv-drivers/netback/server.h"

#define USER "enso-net"

static int map_memory(struct server *server)
{
	server->memory = device_map_memory(&server->device, sizeof(*server->memory));
	if (!server->memory)
		return -ENOMEM;
	for (uint32_t i = 0; i < TAP_QUEUES_MOST; i++) {
		struct queue *queue = &server->queues[i];

		queue->send = (struct lane){.port = -1, .note = &server->memory->notes[i][0]};
		queue->receive = (struct lane){.port = -1, .note = &server->memory->notes[i][1]};
	}
	return 0;
}

/* Whose frames it may send; false: the nodes do not say it right. */
static bool read_rules(struct server *server)
{
	struct packet_rules *rules = &server->rules;
	char *mac = device_back_text(&server->device, "mac");
	char *address = device_back_text(&server->device, "ip");
	uint8_t *at = rules->mac;
	bool good = true;

	rules->check_mac = device_back_number(&server->device, "spoof-check", 0);
	if (rules->check_mac)
		good = mac && sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", at, at + 1, at + 2,
				     at + 3, at + 4, at + 5) == 6;
	if (rules->check_mac && address)
		good = good && ip_addresses_parse(address, &rules->addresses);
	free(mac);
	free(address);
	return good;
}

static int open_tap(struct server *server, const char **what)
{
	struct pv_device *device = &server->device;
	char *name = device_back_text(device, "ifname");
	char *bridge = device_back_text(device, "bridge");
	uint64_t queues = device_back_number(device, "queues", 0);
	struct tap_settings settings = {
		.name = name,
		.bridge = bridge,
		.mtu = (uint32_t)device_back_number(device, "mtu", 0),
		.vlan = (uint32_t)device_back_number(device, "vlan", 0),
		.queues = (uint32_t)MIN(MAX(queues, 1ul), (uint64_t)TAP_QUEUES_MOST),
	};
	int result;

	*what = "the store has no name for its interface";
	result = name ? tap_open(&server->tap, &settings, what) : -ENOENT;
	for (uint32_t i = 0; i < server->tap.count; i++)
		server->queues[i].tap = server->tap.queues[i];
	free(name);
	free(bridge);
	return result;
}

static enum device_exit open_all(struct server *server)
{
	static const int calls[] = {SCMP_SYS(ftruncate)};
	const char *what = "the backend cannot begin";
	int result = map_memory(server);

	if (!result && !read_rules(server)) {
		what = "its mac or ip node is wrong";
		result = -EINVAL;
	}
	if (!result)
		result = open_tap(server, &what);
	server->bytes.rate = device_back_number(&server->device, "bytes-per-second-limit", 0);
	if (!result)
		result = guest_open(&server->guest, server->device.domid);
	if (!result)
		result = queue_make_memory(server);
	if (!result)
		result = device_drop_privileges(&server->device, USER, calls, ARRAY_SIZE(calls));
	if (!result)
		return DEVICE_EXIT_DONE;
	device_refuse(&server->device, "network of domain %u: %s: %s", server->device.domid, what,
		      strerror(-result));
	return DEVICE_EXIT_REFUSED;
}

/* ---- sleeping and waking ----------------------------------------------------------- */

enum { POLL_EVENTS, POLL_STORE, POLL_TAPS, POLL_MOST = POLL_TAPS + TAP_QUEUES_MOST };

static bool has_events(const struct pollfd *one)
{
	return one->revents & (POLLIN | POLLERR | POLLHUP);
}

/* Until something happens, or the limit lets go on. */
static void sleep_until_needed(struct server *server, struct pollfd polls[POLL_MOST])
{
	struct timespec now, pause = {0}, *most = NULL;
	int64_t left;

	polls[POLL_EVENTS] = (struct pollfd){guest_events(server->guest), POLLIN, 0};
	polls[POLL_STORE] = (struct pollfd){store_descriptor(server->device.store), POLLIN, 0};
	for (uint32_t i = 0; i < server->queue_count; i++)
		polls[POLL_TAPS + i] = (struct pollfd){
			server->queues[i].tap, (short)(server->queues[i].stalled ? 0 : POLLIN), 0};
	if (server->more) {
		most = &pause;
	} else if (server->wake_ns) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (int64_t)(server->wake_ns - (uint64_t)now.tv_sec * 1000000000) - now.tv_nsec;
		if (left > 0)
			pause = (struct timespec){left / 1000000000, left % 1000000000};
		most = &pause;
	}
	server->wake_ns = 0;
	server->more = false;
	(void)ppoll(polls, POLL_TAPS + server->queue_count, most, NULL);
}

/*
 * Unmasked before the rings are looked at: what comes later is told again.  If there are
 * more, the descriptor stays readable, and this comes again.
 */
static void take_guest_event(struct server *server)
{
	int port = guest_next_event(server->guest);

	if (port >= 0)
		guest_unmask(server->guest, port);
}

static void look_at_taps(struct server *server, const struct pollfd polls[POLL_MOST])
{
	for (uint32_t i = 0; i < server->queue_count; i++)
		server->queues[i].look |= has_events(&polls[POLL_TAPS + i]);
}

static bool serve_all(struct server *server)
{
	for (uint32_t i = 0; i < server->queue_count; i++)
		if (!queue_send(server, &server->queues[i]) ||
		    !queue_receive(server, &server->queues[i]))
			return false;
	return true;
}

static enum device_exit serve(struct server *server)
{
	struct pollfd polls[POLL_MOST];
	enum device_exit status;
	bool look = true;
	int result;

	for (;;) {
		if (look && !connect_follow(server, &status))
			return status;
		if (!serve_all(server))
			connect_give_up(server, "its ring holds what is no packet");
		sleep_until_needed(server, polls);
		if (has_events(&polls[POLL_EVENTS]))
			take_guest_event(server);
		look_at_taps(server, polls);
		look = has_events(&polls[POLL_STORE]);
		while (look && (result = device_next_event(&server->device)) != 0)
			/* The store has gone: our successor asks the next daemon. */
			if (result < 0)
				return DEVICE_EXIT_AGAIN;
	}
}

int main(int words, char **arguments)
{
	static struct server server;
	enum device_exit status;
	int result = device_open(&server.device, "vif", words, arguments);

	if (result)
		return result == -EINVAL ? DEVICE_EXIT_REFUSED : DEVICE_EXIT_AGAIN;
	signal(SIGPIPE, SIG_IGN);
	status = open_all(&server);
	return (int)(status == DEVICE_EXIT_DONE ? serve(&server) : status);
}
