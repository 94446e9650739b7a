/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/netback/tap.h - the interface in dom0 that stands for the guest's: a TAP
 * device, which goes with the process.  Functions return 0 or a negative errno.
 */
#pragma once

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "xen-like/base/abi.h"

#define TAP_QUEUES_MOST 4

struct tap_settings {
	const char *name, *bridge; /* bridge NULL or empty: none */
	uint32_t mtu, vlan;	   /* 0: as it is; none          */
	uint32_t queues;
};

struct tap {
	int queues[TAP_QUEUES_MOST]; /* descriptors that never wait */
	uint32_t count;
};

/* Makes it, puts it into its bridge and sets it up.  *what: what could not be done. */
int MUST_CHECK
tap_open(struct tap *tap, const struct tap_settings *settings, const char **what);

/* How many queues frames come in by, and what the guest takes unfinished. */
struct tap_offers {
	bool checksum, tcpv4, tcpv6;
};
int MUST_CHECK
tap_use(struct tap *tap, uint32_t queues, const struct tap_offers *offers);

/* One frame: its bytes, or 0 when there is none (or none can be sent). */
uint32_t tap_receive(int queue, struct virtio_net_hdr *header, uint8_t *frame, uint32_t room);
void tap_send(int queue, const struct virtio_net_hdr *header, const uint8_t *frame, uint32_t bytes);
