// needs: pv-drivers/netback/packet.c dom0-tools/lib/ip_addresses.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_network_packet.c - slots of a guest become a packet or are refused;
 * headers tell where a checksum goes; frames become responses.
 */
#include "tests/unit/check.h"

#include "pv-drivers/netback/packet.h"

static union send_slot slots[PACKET_SLOTS_MOST + 4];
static struct packet packet;
static uint8_t frame[2000];

static void put(uint32_t slot, uint16_t flags, uint16_t offset, uint16_t size)
{
	slots[slot].request =
		(struct netif_tx_request){100 + slot, offset, flags, (uint16_t)(50 + slot), size};
}

static void put_gso(uint32_t slot, uint8_t flags, uint8_t type, uint16_t size)
{
	slots[slot].extra =
		(struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = flags};
	slots[slot].extra.u.gso.size = size;
	slots[slot].extra.u.gso.type = type;
}

static void test_network_packet_one_slot(void)
{
	put(0, NETTXF_csum_blank | NETTXF_data_validated, 10, 100);
	EXPECT_EQUAL(packet_read(slots, 1, &packet), PACKET_GOOD);
	EXPECT_EQUAL(packet.slots, 1);
	EXPECT_EQUAL(packet.bytes, 100);
	EXPECT_EQUAL(packet.pieces, 1);
	EXPECT_EQUAL(packet.piece[0].grant, 100);
	EXPECT_EQUAL(packet.piece[0].offset, 10);
	EXPECT_EQUAL(packet.piece[0].bytes, 100);
	EXPECT_EQUAL(packet.id[0], 50);
	EXPECT(packet.checksum_blank);
	EXPECT_EQUAL(packet_read(slots, 0, &packet), PACKET_BROKEN);
}

/* The first slot's size is that of all. */
static void test_network_packet_several_slots(void)
{
	put(0, NETTXF_more_data | NETTXF_extra_info | NETTXF_csum_blank, 0, 6000);
	put_gso(1, 0, XEN_NETIF_GSO_TYPE_TCPV4, 1448);
	put(2, NETTXF_more_data, 0, 4096);
	put(3, 0, 96, 1000);
	EXPECT_EQUAL(packet_read(slots, 9, &packet), PACKET_GOOD);
	EXPECT_EQUAL(packet.slots, 4);
	EXPECT_EQUAL(packet.extras, 1);
	EXPECT_EQUAL(packet.pieces, 3);
	EXPECT_EQUAL(packet.piece[0].bytes, 904);
	EXPECT_EQUAL(packet.piece[1].bytes, 4096);
	EXPECT_EQUAL(packet.piece[2].offset, 96);
	EXPECT_EQUAL(packet.segment_bytes, 1448);
	EXPECT_EQUAL(packet.id[3], 53);
	/* Where it ends cannot be told. */
	EXPECT_EQUAL(packet_read(slots, 3, &packet), PACKET_BROKEN);
	EXPECT_EQUAL(packet_read(slots, 1, &packet), PACKET_BROKEN);
}

static void expect_refused(uint32_t count)
{
	EXPECT_EQUAL(packet_read(slots, PACKET_SLOTS_MOST, &packet), PACKET_REFUSED);
	EXPECT_EQUAL(packet.slots, count);
}

static void test_network_packet_refused(void)
{
	put(0, 0, 0, 13);
	expect_refused(1);
	put(0, 0, 4000, 97);
	expect_refused(1);
	put(0, 0, 0xffff, 60);
	expect_refused(1);
	put(0, 0, 0, 0);
	expect_refused(1);
	/* More than all, or as much. */
	put(0, NETTXF_more_data, 0, 1000);
	put(1, 0, 0, 1001);
	expect_refused(2);
	put(1, 0, 0, 1000);
	expect_refused(2);
	put(1, 0, 0, 0);
	expect_refused(2);
	put(0, NETTXF_more_data, 0, 60000);
	put(1, 0, 0, 59000);
	expect_refused(2);
	/* Extras that nobody offered, or that say nothing. */
	put(0, NETTXF_extra_info, 0, 100);
	put_gso(1, 0, XEN_NETIF_GSO_TYPE_TCPV4, 0);
	expect_refused(2);
	put_gso(1, 0, 3, 1000);
	expect_refused(2);
	slots[1].extra.type = XEN_NETIF_EXTRA_TYPE_HASH;
	expect_refused(2);
}

/* What is said of a group stands alone. */
static void test_network_packet_groups(void)
{
	put(0, NETTXF_extra_info, 0, 0);
	slots[1].extra = (struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_MCAST_DEL};
	slots[1].extra.u.mcast.addr[5] = 9;
	EXPECT_EQUAL(packet_read(slots, 2, &packet), PACKET_TOLD);
	EXPECT_EQUAL(packet.group_change, XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
	EXPECT_EQUAL(packet.group[5], 9);
	EXPECT(packet.slots == 2 && packet.pieces == 0 && packet.bytes == 0);
	slots[1].extra.flags = XEN_NETIF_EXTRA_FLAG_MORE;
	put_gso(2, 0, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	expect_refused(3);
	slots[1].extra.flags = 0;
	put(0, NETTXF_extra_info | NETTXF_more_data, 0, 100);
	put(2, 0, 0, 50);
	expect_refused(3);
}

static void test_network_packet_endless(void)
{
	for (uint32_t i = 0; i < PACKET_SLOTS_MOST; i++)
		put(i, NETTXF_more_data, 0, 20);
	EXPECT_EQUAL(packet_read(slots, PACKET_SLOTS_MOST, &packet), PACKET_BROKEN);
	put(0, NETTXF_extra_info, 0, 100);
	for (uint32_t i = 1; i < PACKET_SLOTS_MOST; i++)
		put_gso(i, XEN_NETIF_EXTRA_FLAG_MORE, XEN_NETIF_GSO_TYPE_TCPV4, 1000);
	EXPECT_EQUAL(packet_read(slots, PACKET_SLOTS_MOST, &packet), PACKET_BROKEN);
}

/* A frame of so many bytes: Ethernet, `tags` VLAN tags, IPv4 and TCP or UDP. */
static struct virtio_net_hdr header;

static void make_ipv4(int tags, uint8_t protocol)
{
	uint8_t *at = frame + 12;

	memset(frame, 0, sizeof(frame));
	memcpy(frame + 6, "\x00\x16\x3e\x01\x02\x03", 6);
	for (int i = 0; i < tags; i++, at += 4)
		at[0] = 0x81;
	at[0] = 0x08;
	at += 2;
	at[0] = 0x46; /* with four bytes of options */
	at[9] = protocol;
	memcpy(at + 12, "\x0a\x00\x00\x07", 4);
	at[24 + 12] = 0x50;
	packet = (struct packet){.bytes = 200, .checksum_blank = true};
}

static void test_network_packet_checksums(void)
{
	make_ipv4(0, 6);
	EXPECT(packet_describe(&packet, frame, &header));
	EXPECT_EQUAL(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	EXPECT_EQUAL(header.csum_start, 14 + 24);
	EXPECT_EQUAL(header.csum_offset, 16);
	EXPECT_EQUAL(header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	make_ipv4(2, 17);
	EXPECT(packet_describe(&packet, frame, &header));
	EXPECT_EQUAL(header.csum_start, 14 + 8 + 24);
	EXPECT_EQUAL(header.csum_offset, 6);
	make_ipv4(3, 17);
	EXPECT(!packet_describe(&packet, frame, &header));
	make_ipv4(0, 1);
	EXPECT(!packet_describe(&packet, frame, &header));
	packet.checksum_blank = false;
	EXPECT(packet_describe(&packet, frame, &header));
	EXPECT_EQUAL(header.flags, 0);
	/* Shorter than it says; a fragment. */
	make_ipv4(0, 6);
	packet.bytes = 14 + 24 + 19;
	EXPECT(!packet_describe(&packet, frame, &header));
	make_ipv4(0, 6);
	frame[14 + 6] = 0x20;
	EXPECT(!packet_describe(&packet, frame, &header));
}

static void test_network_packet_ipv6(void)
{
	memset(frame, 0, sizeof(frame));
	memcpy(frame + 12, "\x86\xdd\x60", 3);
	frame[14 + 6] = 0;   /* hop by hop   */
	frame[14 + 40] = 60; /* destination  */
	frame[14 + 41] = 1;  /* sixteen bytes */
	frame[14 + 56] = 6;
	frame[14 + 64 + 12] = 0x50;
	packet = (struct packet){.bytes = 500,
				 .checksum_blank = true,
				 .segment_bytes = 1000,
				 .segment_type = XEN_NETIF_GSO_TYPE_TCPV6};
	EXPECT(packet_describe(&packet, frame, &header));
	EXPECT_EQUAL(header.csum_start, 14 + 64);
	EXPECT_EQUAL(header.gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	EXPECT_EQUAL(header.gso_size, 1000);
	EXPECT_EQUAL(header.hdr_len, 14 + 64 + 20);
	packet.segment_type = XEN_NETIF_GSO_TYPE_TCPV4;
	EXPECT(!packet_describe(&packet, frame, &header));
	/* Headers without end. */
	memset(frame + 14 + 40, 0, 400);
	EXPECT(!packet_describe(&packet, frame, &header));
}

static void test_network_packet_honest(void)
{
	struct packet_rules rules = {.check_mac = true, .mac = {0, 0x16, 0x3e, 1, 2, 3}};

	EXPECT(ip_addresses_parse("10.0.0.5 10.0.0.7", &rules.addresses));
	make_ipv4(0, 6);
	EXPECT(packet_is_honest(&rules, frame, 200));
	make_ipv4(1, 6);
	EXPECT(packet_is_honest(&rules, frame, 200));
	frame[8] ^= 1;
	EXPECT(!packet_is_honest(&rules, frame, 200));
	make_ipv4(0, 6);
	frame[14 + 15] = 8;
	EXPECT(!packet_is_honest(&rules, frame, 200));
	rules.addresses.count = 0;
	EXPECT(packet_is_honest(&rules, frame, 200));
	rules.addresses.count = 2;
	frame[14 + 15] = 5;
	EXPECT(packet_is_honest(&rules, frame, 200));
	/* DHCP asks from 0.0.0.0. */
	memset(frame + 14 + 12, 0, 4);
	EXPECT(packet_is_honest(&rules, frame, 200));
	/* ARP: the sender's two addresses. */
	memset(frame + 12, 0, 100);
	memcpy(frame + 12, "\x08\x06", 2);
	memcpy(frame + 14 + 8, "\x00\x16\x3e\x01\x02\x03\x0a\x00\x00\x07", 10);
	EXPECT(packet_is_honest(&rules, frame, 60));
	frame[14 + 17] = 9;
	EXPECT(!packet_is_honest(&rules, frame, 60));
	frame[14 + 17] = 7;
	frame[14 + 9] = 9;
	EXPECT(!packet_is_honest(&rules, frame, 60));
	EXPECT(!packet_is_honest(&rules, frame, 41));
	/* What is neither is not sent where addresses are checked. */
	memcpy(frame + 12, "\x88\xcc", 2);
	EXPECT(!packet_is_honest(&rules, frame, 60));
}

static void test_network_addresses(void)
{
	struct ip_addresses addresses;
	char many[IP_ADDRESSES_MOST * 8 + 16] = "";

	EXPECT(ip_addresses_parse("", &addresses) && addresses.count == 0);
	EXPECT(ip_addresses_parse(" 10.0.0.7  2001:db8::7 ", &addresses) && addresses.count == 2);
	EXPECT(!addresses.list[0].is_ipv6 && !memcmp(addresses.list[0].bytes, "\x0a\0\0\x07", 4));
	EXPECT(addresses.list[1].is_ipv6 && addresses.list[1].bytes[15] == 7);
	EXPECT(!ip_addresses_parse("10.0.0.7/24", &addresses));
	EXPECT(!ip_addresses_parse("10.0.0.7 host", &addresses));
	EXPECT(!ip_addresses_parse("2001:db8::7:", &addresses));
	for (int i = 0; i < IP_ADDRESSES_MOST; i++)
		strcat(many, "1.2.3.4 ");
	EXPECT(ip_addresses_parse(many, &addresses) && addresses.count == IP_ADDRESSES_MOST);
	strcat(many, "1.2.3.4");
	EXPECT(!ip_addresses_parse(many, &addresses));
}

/* An IPv6 packet from 2001:db8::7 with `protocol` and a body of so many bytes, all 0. */
static uint32_t make_ipv6(uint8_t protocol, uint32_t body)
{
	memset(frame, 0, 14 + 40 + body);
	memcpy(frame + 6, "\x00\x16\x3e\x01\x02\x03\x86\xdd\x60", 9);
	frame[14 + 6] = protocol;
	memcpy(frame + 14 + 8, "\x20\x01\x0d\xb8", 4);
	frame[14 + 23] = 7;
	return 14 + 40 + body;
}

static void test_network_packet_honest_ipv6(void)
{
	static const uint8_t of_link[16] = {0xfe, 0x80, 0,    0,    0,	  0, 0, 0,
					    0x02, 0x16, 0x3e, 0xff, 0xfe, 1, 2, 3};
	struct packet_rules rules = {.check_mac = true, .mac = {0, 0x16, 0x3e, 1, 2, 3}};
	uint32_t bytes = make_ipv6(17, 8);

	EXPECT(ip_addresses_parse("10.0.0.7 2001:db8::7", &rules.addresses));
	EXPECT(packet_is_honest(&rules, frame, bytes));
	EXPECT(!packet_is_honest(&rules, frame, 14 + 39));
	frame[14 + 23] = 8;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	memcpy(frame + 14 + 8, of_link, 16);
	EXPECT(packet_is_honest(&rules, frame, bytes));
	frame[14 + 23] = 4;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	/* Without an address nothing but asking for one. */
	memset(frame + 14 + 8, 0, 16);
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	bytes = make_ipv6(58, 24);
	memset(frame + 14 + 8, 0, 16);
	frame[54] = 135;
	EXPECT(packet_is_honest(&rules, frame, bytes));
	frame[54] = 143;
	EXPECT(packet_is_honest(&rules, frame, bytes));
	frame[54] = 128;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	/* With only an address of IPv4 there is none of IPv6. */
	bytes = make_ipv6(17, 8);
	EXPECT(ip_addresses_parse("10.0.0.7", &rules.addresses));
	EXPECT(!packet_is_honest(&rules, frame, bytes));
}

static void test_network_packet_honest_discovery(void)
{
	struct packet_rules rules = {.check_mac = true, .mac = {0, 0x16, 0x3e, 1, 2, 3}};
	uint32_t bytes = make_ipv6(58, 32);
	uint8_t *body = frame + 54;

	EXPECT(ip_addresses_parse("2001:db8::7", &rules.addresses));
	/* An answer: it has the target, and says that it is at this MAC address. */
	body[0] = 136;
	memcpy(body + 8, frame + 14 + 8, 16);
	memcpy(body + 24, "\x02\x01\x00\x16\x3e\x01\x02\x03", 8);
	EXPECT(packet_is_honest(&rules, frame, bytes));
	EXPECT(packet_is_honest(&rules, frame, bytes - 8));
	EXPECT(!packet_is_honest(&rules, frame, bytes - 1));
	EXPECT(!packet_is_honest(&rules, frame, bytes - 9));
	body[31] = 4;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	body[31] = 3;
	body[23] = 8;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	body[23] = 7;
	body[25] = 0; /* an option without a length */
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	/* A question may be about anybody. */
	memcpy(body + 24, "\x01\x01\x00\x16\x3e\x01\x02\x03", 8);
	body[0] = 135;
	body[23] = 9;
	EXPECT(packet_is_honest(&rules, frame, bytes));
	body[27] = 9;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	/* No router, and none behind another header. */
	body[27] = 0x16;
	body[0] = 134;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	body[0] = 137;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	memset(body, 0, 32);
	frame[14 + 6] = 60;
	body[0] = 58;
	body[8] = 134;
	EXPECT(!packet_is_honest(&rules, frame, bytes));
	body[8] = 128;
	EXPECT(packet_is_honest(&rules, frame, bytes));
}

static struct netif_rx_response response_of(uint32_t slot, uint32_t bytes)
{
	uint64_t raw = frame_response(slot, (uint16_t)(slot + 3), bytes, &header);
	struct netif_rx_response response;

	memcpy(&response, &raw, sizeof(response));
	return response;
}

static void test_network_frame_plain(void)
{
	header = (struct virtio_net_hdr){0};
	EXPECT_EQUAL(frame_slots(60, &header), 1);
	EXPECT_EQUAL(frame_slots(4096, &header), 1);
	EXPECT_EQUAL(frame_slots(4097, &header), 2);
	EXPECT_EQUAL(response_of(0, 60).status, 60);
	EXPECT_EQUAL(response_of(0, 60).id, 3);
	EXPECT_EQUAL(response_of(0, 60).flags, 0);
	EXPECT_EQUAL(response_of(0, 5000).flags, NETRXF_more_data);
	EXPECT_EQUAL(response_of(0, 5000).status, 4096);
	EXPECT_EQUAL(response_of(1, 5000).status, 904);
	EXPECT_EQUAL(response_of(1, 5000).flags, 0);
}

static void test_network_frame_to_segment(void)
{
	struct netif_extra_info extra;
	uint32_t begin;
	uint64_t raw;

	header = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					 .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
					 .gso_size = 1440};
	EXPECT_EQUAL(frame_slots(9000, &header), 4);
	EXPECT_EQUAL(response_of(0, 9000).flags, NETRXF_csum_blank | NETRXF_data_validated |
							 NETRXF_extra_info | NETRXF_more_data);
	raw = frame_response(1, 4, 9000, &header);
	memcpy(&extra, &raw, sizeof(extra));
	EXPECT_EQUAL(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
	EXPECT_EQUAL(extra.flags, 0);
	EXPECT_EQUAL(extra.u.gso.size, 1440);
	EXPECT_EQUAL(extra.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV6);
	EXPECT_EQUAL(frame_part(1, 9000, &header, &begin), 0);
	EXPECT_EQUAL(frame_part(2, 9000, &header, &begin), 4096);
	EXPECT_EQUAL(begin, 4096);
	EXPECT_EQUAL(frame_part(3, 9000, &header, &begin), 808);
	EXPECT_EQUAL(begin, 8192);
	EXPECT_EQUAL(response_of(3, 9000).flags, 0);
	EXPECT_EQUAL(response_of(2, 9000).flags, NETRXF_more_data);
}

int main(void)
{
	RUN(test_network_packet_one_slot);
	RUN(test_network_packet_several_slots);
	RUN(test_network_packet_refused);
	RUN(test_network_packet_groups);
	RUN(test_network_packet_endless);
	RUN(test_network_packet_checksums);
	RUN(test_network_packet_ipv6);
	RUN(test_network_packet_honest);
	RUN(test_network_addresses);
	RUN(test_network_packet_honest_ipv6);
	RUN(test_network_packet_honest_discovery);
	RUN(test_network_frame_plain);
	RUN(test_network_frame_to_segment);
	return check_result();
}
