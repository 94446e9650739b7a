/* SPDX-License-Identifier: MIT */
/* The guest's side of the store's and the console's ring.  See rings.h. */
#include "tests/guest/lib/rings.h"

struct xenstore_domain_interface *store_ring;
struct xencons_interface *console_ring;
uint32_t store_port, console_port;

bool rings_init(void)
{
	if (start_info->flags & SIF_INITDOMAIN)
		return false;
	store_ring = va_of_pfn(m2p(start_info->store_mfn));
	console_ring = va_of_pfn(m2p(start_info->console.domU.mfn));
	store_port = start_info->store_evtchn;
	console_port = start_info->console.domU.evtchn;
	event_mask(store_port, true);
	event_mask(console_port, true);
	return true;
}

void ring_wait(uint32_t port, uint64_t nanoseconds)
{
	evtchn_port_t ports[1] = {port};
	struct sched_poll poll = {.nr_ports = 1, .timeout = now_ns() + nanoseconds};

	set_xen_guest_handle(poll.ports, ports);
	if (!event_pending(port))
		call_sched(SCHEDOP_poll, &poll);
	event_clear(port);
}

static void put(const void *bytes, uint32_t length)
{
	const char *from = bytes;

	while (length) {
		uint32_t at = store_ring->req_prod;

		if (at - read_once(store_ring->req_cons) >= XENSTORE_RING_SIZE) {
			send_port(store_port);
			ring_wait(store_port, 1000000000);
			continue;
		}
		store_ring->req[MASK_XENSTORE_IDX(at)] = *from++;
		barrier();
		write_once(store_ring->req_prod, at + 1);
		length--;
	}
}

void store_send(uint32_t type, uint32_t transaction, uint32_t number, const void *payload,
		uint32_t length)
{
	struct xsd_sockmsg header = {
		.type = type, .req_id = number, .tx_id = transaction, .len = length};

	put(&header, sizeof(header));
	put(payload, length);
	send_port(store_port);
}

/* One byte of the store's. */
static char take_byte(void)
{
	uint32_t at = store_ring->rsp_cons;
	char byte;

	while (read_once(store_ring->rsp_prod) == at)
		ring_wait(store_port, 1000000000);
	barrier();
	byte = store_ring->rsp[MASK_XENSTORE_IDX(at)];
	barrier();
	write_once(store_ring->rsp_cons, at + 1);
	/* It waits for room only when it had none. */
	if (read_once(store_ring->rsp_prod) - at == XENSTORE_RING_SIZE)
		send_port(store_port);
	return byte;
}

static void take(void *bytes, uint32_t length, uint32_t room)
{
	char *to = bytes;

	for (uint32_t i = 0; i < length; i++) {
		char byte = take_byte();

		if (i < room)
			to[i] = byte;
	}
}

long store_ask(uint32_t type, uint32_t transaction, const void *payload, uint32_t length,
	       char *reply, uint32_t room)
{
	static uint32_t number;
	struct xsd_sockmsg header;

	store_send(type, transaction, ++number, payload, length);
	for (;;) {
		take(&header, sizeof(header), sizeof(header));
		if (header.type != XS_WATCH_EVENT && header.req_id == number)
			break;
		take(NULL, header.len, 0);
	}
	take(reply, header.len, room);
	return header.type == XS_ERROR ? -1 : (long)header.len;
}

void store_drop(void)
{
	uint32_t end = read_once(store_ring->rsp_prod);

	if (end == store_ring->rsp_cons)
		return;
	write_once(store_ring->rsp_cons, end);
	send_port(store_port);
}

uint32_t console_put(const char *text, uint32_t length)
{
	uint32_t at = console_ring->out_prod, done = 0;

	while (done < length &&
	       at - read_once(console_ring->out_cons) < sizeof(console_ring->out)) {
		console_ring->out[MASK_XENCONS_IDX(at, console_ring->out)] = text[done++];
		at++;
	}
	barrier();
	write_once(console_ring->out_prod, at);
	if (done)
		send_port(console_port);
	return done;
}
