/* SPDX-License-Identifier: MIT */
/* pv-drivers/front/block.c - block.h says what it is for. */
#include "pv-drivers/front/block.h"

#include <xen/io/protocols.h>

void block_begin(struct block_front *front, void *page)
{
	struct blkif_sring *shared = page;

	/* The macro sets what the protocol says, and no more. */
	for (uint32_t i = 0; i < BLOCK_RING_BYTES / sizeof(uint64_t); i++)
		((uint64_t *)page)[i] = 0;
	SHARED_RING_INIT(shared);
	FRONT_RING_INIT(&front->ring, shared, BLOCK_RING_BYTES);
}

bool block_put(struct block_front *front, const struct blkif_request *request)
{
	if (RING_FULL(&front->ring))
		return false;
	*RING_GET_REQUEST(&front->ring, front->ring.req_prod_pvt) = *request;
	front->ring.req_prod_pvt++;
	return true;
}

bool block_push(struct block_front *front)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front->ring, notify);
	return notify;
}

bool block_take(struct block_front *front, struct blkif_response *response)
{
	int more;

	RING_FINAL_CHECK_FOR_RESPONSES(&front->ring, more);
	if (!more)
		return false;
	*response = *RING_GET_RESPONSE(&front->ring, front->ring.rsp_cons);
	front->ring.rsp_cons++;
	return true;
}

static void give_back(struct block_front *front)
{
	if (front->port)
		front->device.kernel->close_port(front->port);
	if (front->grant)
		front->device.kernel->take_back(front->grant);
	front->port = front->grant = 0;
}

bool block_connect(struct block_front *front, const struct front_kernel *kernel, uint32_t number,
		   void *page, bool lasting)
{
	struct front_device *device = &front->device;

	*front = (struct block_front){0};
	/* A backend that has closed begins anew. */
	if (!front_find(device, kernel, "vbd", number) ||
	    !front_write(device, "state", XenbusStateInitialising) ||
	    !front_wait(device, 1u << XenbusStateInitWait))
		return false;
	block_begin(front, page);
	front->grant = kernel->grant(page);
	front->port = kernel->open_port();
	if (!front->grant || !front->port || !front_write(device, "ring-ref", front->grant) ||
	    !front_write(device, "event-channel", front->port) ||
	    /* Linux takes who does not say so for a guest of 32 bits. */
	    !front_write_text(device, "protocol", XEN_IO_PROTO_ABI_X86_64) ||
	    !front_write(device, "feature-persistent", lasting) ||
	    !front_write(device, "state", XenbusStateInitialised) ||
	    !front_wait(device, 1u << XenbusStateConnected)) {
		give_back(front);
		return false;
	}
	front->sectors = front_number(device, FRONT_THEIRS, "sectors", 0);
	front->sector_bytes = (uint32_t)front_number(device, FRONT_THEIRS, "sector-size", 512);
	front->read_only = front_number(device, FRONT_THEIRS, "info", 0) & VDISK_READONLY;
	front->flush = front_number(device, FRONT_THEIRS, "feature-flush-cache", 0);
	front->discard = front_number(device, FRONT_THEIRS, "feature-discard", 0);
	return front_write(device, "state", XenbusStateConnected);
}

int16_t block_do(struct block_front *front, const struct blkif_request *request)
{
	const struct front_kernel *kernel = front->device.kernel;
	struct blkif_response response;

	if (!block_put(front, request))
		return BLKIF_RSP_ERROR;
	if (block_push(front))
		kernel->notify(front->port);
	while (!block_take(front, &response))
		kernel->wait(front->port);
	return response.id == request->id ? response.status : BLKIF_RSP_ERROR;
}

bool block_leave(struct block_front *front)
{
	bool left = front_leave(&front->device);

	give_back(front);
	return left;
}
