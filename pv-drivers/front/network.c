/* SPDX-License-Identifier: MIT */
/* pv-drivers/front/network.c - network.h says what it is for. */
#include "pv-drivers/front/network.h"

static void clear(void *page)
{
	for (uint32_t i = 0; i < NETWORK_RING_BYTES / sizeof(uint64_t); i++)
		((uint64_t *)page)[i] = 0;
}

void network_begin(struct network_front *front, void *send_page, void *receive_page)
{
	struct netif_tx_sring *send = send_page;
	struct netif_rx_sring *receive = receive_page;

	clear(send_page);
	clear(receive_page);
	SHARED_RING_INIT(send);
	SHARED_RING_INIT(receive);
	FRONT_RING_INIT(&front->send, send, NETWORK_RING_BYTES);
	FRONT_RING_INIT(&front->receive, receive, NETWORK_RING_BYTES);
}

bool network_put(struct network_front *front, const struct netif_tx_request *request)
{
	if (RING_FULL(&front->send))
		return false;
	*RING_GET_REQUEST(&front->send, front->send.req_prod_pvt) = *request;
	front->send.req_prod_pvt++;
	return true;
}

bool network_offer(struct network_front *front, uint16_t id, uint32_t grant)
{
	if (RING_FULL(&front->receive))
		return false;
	*RING_GET_REQUEST(&front->receive, front->receive.req_prod_pvt) =
		(struct netif_rx_request){.id = id, .gref = grant};
	front->receive.req_prod_pvt++;
	return true;
}

bool network_push(struct network_front *front)
{
	int send, receive;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front->send, send);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front->receive, receive);
	return send || receive;
}

bool network_sent(struct network_front *front, struct netif_tx_response *response)
{
	int more;

	RING_FINAL_CHECK_FOR_RESPONSES(&front->send, more);
	if (more)
		*response = *RING_GET_RESPONSE(&front->send, front->send.rsp_cons++);
	return more;
}

bool network_received(struct network_front *front, struct netif_rx_response *response)
{
	int more;

	RING_FINAL_CHECK_FOR_RESPONSES(&front->receive, more);
	if (more)
		*response = *RING_GET_RESPONSE(&front->receive, front->receive.rsp_cons++);
	return more;
}

static void give_back(struct network_front *front)
{
	if (front->port)
		front->device.kernel->close_port(front->port);
	for (int i = 0; i < 2; i++)
		if (front->grants[i])
			front->device.kernel->take_back(front->grants[i]);
	front->port = front->grants[0] = front->grants[1] = 0;
}

bool network_connect(struct network_front *front, const struct front_kernel *kernel,
		     uint32_t number, void *send_page, void *receive_page)
{
	struct front_device *device = &front->device;

	*front = (struct network_front){0};
	/* A backend that has closed begins anew. */
	if (!front_find(device, kernel, "vif", number) ||
	    !front_write(device, "state", XenbusStateInitialising) ||
	    !front_wait(device, 1u << XenbusStateInitWait))
		return false;
	network_begin(front, send_page, receive_page);
	front->grants[0] = kernel->grant(send_page);
	front->grants[1] = kernel->grant(receive_page);
	front->port = kernel->open_port();
	if (!front->grants[0] || !front->grants[1] || !front->port ||
	    !front_write(device, "tx-ring-ref", front->grants[0]) ||
	    !front_write(device, "rx-ring-ref", front->grants[1]) ||
	    !front_write(device, "event-channel", front->port) ||
	    !front_write(device, "request-rx-copy", 1) ||
	    !front_write(device, "feature-rx-notify", 1) ||
	    !front_write(device, "feature-no-csum-offload", 1) ||
	    !front_write(device, "state", XenbusStateConnected) ||
	    !front_wait(device, 1u << XenbusStateConnected)) {
		give_back(front);
		return false;
	}
	return true;
}

bool network_leave(struct network_front *front)
{
	bool left = front_leave(&front->device);

	give_back(front);
	return left;
}
