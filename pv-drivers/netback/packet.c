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
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	MULTICAST_REPORT = 131,
	DISCOVERY_ROUTER_SOLICITATION = 133,
	DISCOVERY_ROUTER_ADVERTISEMENT = 134,
	DISCOVERY_SOLICITATION = 135,
	DISCOVERY_ADVERTISEMENT = 136,
	DISCOVERY_REDIRECT = 137,
	MULTICAST_REPORT_2 = 143,
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

/* ---- whose it is ---------------------------------------------------------------------- */

static bool is_own(const struct packet_rules *rules, const uint8_t *at, bool is_ipv6)
{
	const struct ip_addresses *addresses = &rules->addresses;

	for (uint32_t i = 0; i < addresses->count; i++)
		if (addresses->list[i].is_ipv6 == is_ipv6 &&
		    !memcmp(at, addresses->list[i].bytes, is_ipv6 ? 16 : 4))
			return true;
	return false;
}

/* RFC 4291, appendix A: made of the MAC address. */
static bool is_own_of_link(const struct packet_rules *rules, const uint8_t *at)
{
	const uint8_t *mac = rules->mac;
	const uint8_t own[16] = {0xfe,	      0x80,   0,      0,    0,	  0,	  0,	  0,
				 mac[0] ^ 2u, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};

	return !memcmp(at, own, sizeof(own));
}

static bool is_none(const uint8_t *at, uint32_t bytes)
{
	static const uint8_t none[16];

	return !memcmp(at, none, bytes);
}

static bool is_honest_ipv4(const struct packet_rules *rules, const uint8_t *header, uint32_t bytes)
{
	return bytes >= 20 && (is_own(rules, header + 12, false) || is_none(header + 12, 4));
}

static bool is_honest_arp(const struct packet_rules *rules, const uint8_t *body, uint32_t bytes)
{
	return bytes >= 28 && (!rules->check_mac || !memcmp(body + 8, rules->mac, 6)) &&
	       (is_own(rules, body + 14, false) || is_none(body + 14, 4));
}

/* RFC 4861, 4.6: link-layer addresses are in options 1 and 2, of 8 bytes. */
static bool has_own_options(const struct packet_rules *rules, const uint8_t *options,
			    uint32_t bytes)
{
	while (bytes) {
		uint32_t length = bytes < 8 ? 0 : options[1] * 8u;

		if (!length || length > bytes)
			return false;
		if ((options[0] == 1 || options[0] == 2) && memcmp(options + 2, rules->mac, 6) != 0)
			return false;
		options += length;
		bytes -= length;
	}
	return true;
}

/* ICMPv6: what tells neighbours who is where (RFC 4861, 4.1 to 4.5). */
static bool is_honest_discovery(const struct packet_rules *rules, const uint8_t *body,
				uint32_t bytes, bool has_source)
{
	if (bytes < 8)
		return false;
	switch (body[0]) {
	case DISCOVERY_ROUTER_SOLICITATION:
		return has_own_options(rules, body + 8, bytes - 8);
	case DISCOVERY_ROUTER_ADVERTISEMENT:
	case DISCOVERY_REDIRECT:
		return false;
	case DISCOVERY_SOLICITATION:
		return bytes >= 24 && has_own_options(rules, body + 24, bytes - 24);
	case DISCOVERY_ADVERTISEMENT:
		return has_source && bytes >= 24 &&
		       (is_own(rules, body + 8, true) || is_own_of_link(rules, body + 8)) &&
		       has_own_options(rules, body + 24, bytes - 24);
	default:
		/* Who has no address asks whether one is free, and joins that one's group. */
		return has_source || body[0] == MULTICAST_REPORT || body[0] == MULTICAST_REPORT_2;
	}
}

/* Pieces of neighbour discovery are not believed by anybody (RFC 6980): they may pass. */
static bool is_honest_ipv6(const struct packet_rules *rules, const uint8_t *frame, uint32_t bytes,
			   uint32_t at)
{
	const uint8_t *source = frame + at + 8;
	bool has_source;
	int protocol;

	if (bytes < at + 40)
		return false;
	has_source = is_own(rules, source, true) || is_own_of_link(rules, source);
	if (!has_source && !is_none(source, 16))
		return false;
	protocol = skip_ipv6(frame, bytes, &at);
	if (protocol == PROTOCOL_ICMPV6)
		return at <= bytes &&
		       is_honest_discovery(rules, frame + at, bytes - at, has_source);
	return protocol >= 0 && has_source;
}

bool packet_is_honest(const struct packet_rules *rules, const uint8_t *frame, uint32_t bytes)
{
	uint32_t at;

	if (rules->check_mac && memcmp(frame + 6, rules->mac, sizeof(rules->mac)) != 0)
		return false;
	if (!rules->addresses.count)
		return true;
	switch (payload_type(frame, bytes, &at)) {
	case TYPE_IPV4:
		return is_honest_ipv4(rules, frame + at, bytes - at);
	case TYPE_ARP:
		return is_honest_arp(rules, frame + at, bytes - at);
	case TYPE_IPV6:
		return is_honest_ipv6(rules, frame, bytes, at);
	default:
		return false;
	}
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
