/* SPDX-License-Identifier: MIT */
/* pv-drivers/netback/packet.c - packet.h says what it is for. */
#include "pv-drivers/netback/packet.h"

#include <string.h>

/* ---- slots ------------------------------------------------------------------------- */

/* Those behind the first slot; their number, or -1. */
static int read_extras(const union send_slot *slots, uint32_t count, struct packet *packet,
		       bool *refused)
{
	for (uint32_t i = 0; i < PACKET_EXTRAS_MOST; i++) {
		struct netif_extra_info extra;

		if (i == count)
			return -1;
		extra = slots[i].extra;
		packet->id[1 + i] = 0;
		if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO) {
			packet->segment_bytes = extra.u.gso.size;
			packet->segment_type = extra.u.gso.type;
			*refused |= !extra.u.gso.size ||
				    (extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
				     extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6);
		} else if (extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD ||
			   extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL) {
			packet->group_change = extra.type;
			memcpy(packet->group, extra.u.mcast.addr, sizeof(packet->group));
		} else {
			*refused = true; /* nothing else is offered */
		}
		if (!(extra.flags & XEN_NETIF_EXTRA_FLAG_MORE))
			return (int)i + 1;
	}
	return -1;
}

static bool add_piece(struct packet *packet, const struct netif_tx_request *request, uint32_t bytes)
{
	if (!bytes || bytes > PACKET_PAGE_BYTES || request->offset > PACKET_PAGE_BYTES - bytes)
		return false;
	packet->piece[packet->pieces++] =
		(struct packet_piece){request->gref, request->offset, (uint16_t)bytes};
	return true;
}

/* The first slot has the size of all, of which the others' is taken off. */
static bool place_pieces(struct packet *packet, const union send_slot *slots)
{
	const struct netif_tx_request *first = &slots[0].request;
	uint32_t rest = 0;

	for (uint32_t i = 1 + packet->extras; i < packet->slots; i++)
		rest += slots[i].request.size;
	if (first->size < FRAME_BYTES_LEAST || rest >= first->size)
		return false;
	packet->bytes = first->size;
	if (!add_piece(packet, first, first->size - rest))
		return false;
	for (uint32_t i = 1 + packet->extras; i < packet->slots; i++)
		if (!add_piece(packet, &slots[i].request, slots[i].request.size))
			return false;
	return true;
}

enum packet_verdict packet_read(const union send_slot *slots, uint32_t count, struct packet *packet)
{
	bool refused = false, more;
	int extras = 0;

	memset(packet, 0, sizeof(*packet));
	if (count == 0)
		return PACKET_BROKEN;
	packet->id[0] = slots[0].request.id;
	packet->checksum_blank = slots[0].request.flags & NETTXF_csum_blank;
	if (slots[0].request.flags & NETTXF_extra_info)
		extras = read_extras(slots + 1, count - 1, packet, &refused);
	if (extras < 0)
		return PACKET_BROKEN;
	packet->extras = (uint32_t)extras;
	packet->slots = 1 + packet->extras;
	more = slots[0].request.flags & NETTXF_more_data;
	while (more) {
		if (packet->slots == count || packet->slots == packet->extras + PACKET_PIECES_MOST)
			return PACKET_BROKEN;
		packet->id[packet->slots] = slots[packet->slots].request.id;
		more = slots[packet->slots].request.flags & NETTXF_more_data;
		packet->slots++;
	}
	if (packet->group_change)
		/* By itself: what else is in the slots is not looked at. */
		return refused || packet->extras != 1 || packet->slots != 2 ? PACKET_REFUSED
									    : PACKET_TOLD;
	return refused || !place_pieces(packet, slots) ? PACKET_REFUSED : PACKET_GOOD;
}

/* ---- headers ----------------------------------------------------------------------- */

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_SERVICE_VLAN = 0x88a8,
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_DESTINATION = 60,
};

static uint16_t word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* What is behind the Ethernet header and its tags: its type and where it begins; 0: none. */
static uint16_t payload_type(const uint8_t *frame, uint32_t bytes, uint32_t *at)
{
	uint16_t type = word_at(frame + 12);

	*at = FRAME_BYTES_LEAST;
	for (int tags = 0; type == TYPE_VLAN || type == TYPE_SERVICE_VLAN; tags++) {
		if (tags == 2 || bytes < *at + 4)
			return 0;
		type = word_at(frame + *at + 2);
		*at += 4;
	}
	return type;
}

/* Steps over an IP header; the protocol behind it, or -1. */
static int skip_ipv4(const uint8_t *frame, uint32_t bytes, uint32_t *at)
{
	const uint8_t *header = frame + *at;
	uint32_t length;

	if (bytes < *at + 20)
		return -1;
	length = (header[0] & 15u) * 4;
	/* Of a fragment nobody can tell. */
	if (header[0] >> 4 != 4 || length < 20 || bytes < *at + length ||
	    (word_at(header + 6) & 0x3fff))
		return -1;
	*at += length;
	return header[9];
}

static int skip_ipv6(const uint8_t *frame, uint32_t bytes, uint32_t *at)
{
	int protocol;

	if (bytes < *at + 40 || frame[*at] >> 4 != 6)
		return -1;
	protocol = frame[*at + 6];
	*at += 40;
	for (int headers = 0; headers < 8; headers++) {
		if (protocol != PROTOCOL_HOP_BY_HOP && protocol != PROTOCOL_ROUTING &&
		    protocol != PROTOCOL_DESTINATION)
			return protocol;
		if (bytes < *at + 8)
			return -1;
		protocol = frame[*at];
		*at += (frame[*at + 1] + 1u) * 8;
	}
	return -1;
}

/* Where TCP or UDP begins; the protocol, or -1. */
static int transport(const uint8_t *frame, uint32_t bytes, uint16_t *type, uint32_t *at)
{
	*type = payload_type(frame, bytes, at);
	if (*type == TYPE_IPV4)
		return skip_ipv4(frame, bytes, at);
	return *type == TYPE_IPV6 ? skip_ipv6(frame, bytes, at) : -1;
}

bool packet_describe(const struct packet *packet, const uint8_t *frame,
		     struct virtio_net_hdr *header)
{
	uint32_t at, length;
	uint16_t type;
	int protocol;

	memset(header, 0, sizeof(*header));
	if (!packet->checksum_blank && !packet->segment_bytes)
		return true;
	protocol = transport(frame, packet->bytes, &type, &at);
	length = protocol == PROTOCOL_TCP ? 20 : 8;
	if ((protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || packet->bytes < at + length)
		return false;
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = (uint16_t)at;
	header->csum_offset = protocol == PROTOCOL_TCP ? 16 : 6;
	if (!packet->segment_bytes)
		return true;
	if (protocol != PROTOCOL_TCP ||
	    type != (packet->segment_type == XEN_NETIF_GSO_TYPE_TCPV4 ? TYPE_IPV4 : TYPE_IPV6))
		return false;
	length = (frame[at + 12] >> 4) * 4u;
	if (length < 20 || packet->bytes < at + length)
		return false;
	header->gso_type = type == TYPE_IPV4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	header->hdr_len = (uint16_t)(at + length);
	header->gso_size = packet->segment_bytes;
	return true;
}

static bool has_address(const uint8_t *at, const uint8_t address[4])
{
	return !memcmp(at, address, 4);
}

bool packet_is_honest(const struct packet_rules *rules, const uint8_t *frame, uint32_t bytes)
{
	static const uint8_t none[4];
	uint32_t at;
	uint16_t type;

	if (rules->check_mac && memcmp(frame + 6, rules->mac, sizeof(rules->mac)) != 0)
		return false;
	if (!rules->check_address)
		return true;
	type = payload_type(frame, bytes, &at);
	/* Before it has its address a guest asks for one without. */
	if (type == TYPE_IPV4)
		return bytes >= at + 20 && (has_address(frame + at + 12, rules->address) ||
					    has_address(frame + at + 12, none));
	if (type != TYPE_ARP)
		return type == TYPE_IPV6;
	return bytes >= at + 28 && (!rules->check_mac || !memcmp(frame + at + 8, rules->mac, 6)) &&
	       (has_address(frame + at + 14, rules->address) || has_address(frame + at + 14, none));
}

/* ---- to the guest ------------------------------------------------------------------ */

static bool has_extra(const struct virtio_net_hdr *header)
{
	return header->gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

static uint32_t pages_of(uint32_t bytes)
{
	return (bytes + PACKET_PAGE_BYTES - 1) / PACKET_PAGE_BYTES;
}

uint32_t frame_slots(uint32_t bytes, const struct virtio_net_hdr *header)
{
	return pages_of(bytes) + has_extra(header);
}

/* Slot 0 is the first page, slot 1 the extra if there is one. */
static bool is_extra(uint32_t slot, const struct virtio_net_hdr *header)
{
	return slot == 1 && has_extra(header);
}

uint32_t frame_part(uint32_t slot, uint32_t bytes, const struct virtio_net_hdr *header,
		    uint32_t *begin)
{
	uint32_t page = slot > 1 && has_extra(header) ? slot - 1 : slot;

	*begin = page * PACKET_PAGE_BYTES;
	if (is_extra(slot, header))
		return 0;
	return MIN(bytes - *begin, (uint32_t)PACKET_PAGE_BYTES);
}

static uint64_t gso_extra(const struct virtio_net_hdr *header)
{
	struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO};
	uint64_t raw = 0;

	extra.u.gso.size = header->gso_size;
	extra.u.gso.type = (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV4
				   ? XEN_NETIF_GSO_TYPE_TCPV4
				   : XEN_NETIF_GSO_TYPE_TCPV6;
	_Static_assert(sizeof(extra) == sizeof(raw), "an extra fills a slot");
	memcpy(&raw, &extra, sizeof(raw));
	return raw;
}

uint64_t frame_response(uint32_t slot, uint16_t id, uint32_t bytes,
			const struct virtio_net_hdr *header)
{
	struct netif_rx_response response = {.id = id};
	uint32_t begin, part = frame_part(slot, bytes, header, &begin);
	uint64_t raw = 0;

	if (is_extra(slot, header))
		return gso_extra(header);
	response.status = (int16_t)part;
	if (slot == 0 && (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		response.flags |= NETRXF_csum_blank | NETRXF_data_validated;
	else if (slot == 0 && (header->flags & VIRTIO_NET_HDR_F_DATA_VALID))
		response.flags |= NETRXF_data_validated;
	if (slot == 0 && has_extra(header))
		response.flags |= NETRXF_extra_info;
	if (begin + part < bytes)
		response.flags |= NETRXF_more_data;
	_Static_assert(sizeof(response) == sizeof(raw), "a response fills a slot");
	memcpy(&raw, &response, sizeof(raw));
	return raw;
}
