/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/front/network.h - a network interface, as its guest has it: one queue, two
 * rings of a page (<xen/io/netif.h>), frames of a page at most.
 */
#pragma once

#include "pv-drivers/front/front.h"
#include "pv-drivers/front/rings.h"

#include <xen/io/netif.h>

#define NETWORK_RING_BYTES 4096

struct network_front {
	struct front_device device;
	struct netif_tx_front_ring send;
	struct netif_rx_front_ring receive;
	uint32_t grants[2], port; /* of the rings' pages; one port for both */
};

/* ---- the rings alone ---- */

void network_begin(struct network_front *front, void *send_page, void *receive_page);
/* Puts a frame's piece, or its extra info as raw slot, in; false: there is no slot. */
bool network_put(struct network_front *front, const struct netif_tx_request *request);
/* Offers a page for what comes. */
bool network_offer(struct network_front *front, uint16_t id, uint32_t grant);
/* Shows both; whether the backend wants an event. */
bool network_push(struct network_front *front);
/* What has been sent, what has come; false: nothing, and an event comes with the next. */
bool network_sent(struct network_front *front, struct netif_tx_response *response);
bool network_received(struct network_front *front, struct netif_rx_response *response);

/* ---- a device ---- */

bool network_connect(struct network_front *front, const struct front_kernel *kernel,
		     uint32_t number, void *send_page, void *receive_page);
bool network_leave(struct network_front *front);
