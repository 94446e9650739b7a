/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/netback/packet.h - [p] what a guest has put into its rings becomes a packet
 * that can be sent, or is refused; and a frame from outside becomes responses.
 *
 * What it takes are private copies of slots, and of a frame's bytes: nothing here reads
 * shared memory.  Layouts: <xen/io/netif.h>.
 */
#pragma once

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>
#include <xen/io/netif.h>

#include "dom0-tools/lib/ip_addresses.h"
#include "xen-like/base/abi.h"

#define PACKET_PAGE_BYTES  4096
#define PACKET_PIECES_MOST XEN_NETIF_NR_SLOTS_MIN /* of a packet, a page or less each */
#define PACKET_EXTRAS_MOST (XEN_NETIF_EXTRA_TYPE_MAX - 1)
#define PACKET_SLOTS_MOST  (PACKET_PIECES_MOST + PACKET_EXTRAS_MOST)
#define FRAME_BYTES_MOST   (XEN_NETIF_MAX_TX_SIZE + 64)
#define FRAME_BYTES_LEAST  14 /* an Ethernet header */

/* One slot of the ring to the outside: a request or what explains one. */
union send_slot {
	struct netif_tx_request request;
	struct netif_extra_info extra;
};
_Static_assert(sizeof(union send_slot) == 12, "<xen/io/netif.h>: a slot");

struct packet_piece {
	uint32_t grant;
	uint16_t offset, bytes; /* offset + bytes <= 4096 */
};

struct packet {
	uint32_t slots;	 /* of the ring: pieces and extras         */
	uint32_t extras; /* they stand behind the first slot       */
	uint32_t bytes, pieces;
	struct packet_piece piece[PACKET_PIECES_MOST];
	uint16_t id[PACKET_SLOTS_MOST]; /* of each slot; 0 for extras */
	bool checksum_blank;
	uint16_t segment_bytes; /* 0: it is not to be segmented */
	uint8_t segment_type;	/* XEN_NETIF_GSO_TYPE_          */
	uint8_t group_change;	/* XEN_NETIF_EXTRA_TYPE_MCAST_; 0: none */
	uint8_t group[6];
};

enum packet_verdict {
	PACKET_GOOD,
	PACKET_TOLD,	/* no packet: the guest joins or leaves a group      */
	PACKET_REFUSED, /* its slots are known, and answered with an error   */
	PACKET_BROKEN,	/* where it ends cannot be told: the protocol's end  */
};

/* Reads the packet that begins at slots[0]; `count` are there. */
enum packet_verdict packet_read(const union send_slot *slots, uint32_t count,
				struct packet *packet);

/*
 * What the host's kernel is to know of the frame: where a checksum is missing, how it is
 * to be segmented.  False: it does not look like what the guest says it is.
 */
bool MUST_CHECK
packet_describe(const struct packet *packet, const uint8_t *frame, struct virtio_net_hdr *header);

/*
 * Whose frames a guest may send: those of its own MAC address and, where there are any, of
 * these addresses; of IPv6 also the link's that follows from the MAC address.  Before it has
 * an address it may ask for one.  It neither answers for others' addresses nor routes.
 */
struct packet_rules {
	bool check_mac;
	uint8_t mac[6];
	struct ip_addresses addresses; /* none: they are not checked */
};
bool MUST_CHECK
packet_is_honest(const struct packet_rules *rules, const uint8_t *frame, uint32_t bytes);

/* ---- to the guest ------------------------------------------------------------------ */

/* How many slots a frame takes, with what is to be said about it. */
uint32_t frame_slots(uint32_t bytes, const struct virtio_net_hdr *header);

/* The response of the frame's slot number `slot`, for the request with this id. */
uint64_t frame_response(uint32_t slot, uint16_t id, uint32_t bytes,
			const struct virtio_net_hdr *header);
/* Bytes of the frame that go to that slot's page, from *begin on; 0 for an extra. */
uint32_t frame_part(uint32_t slot, uint32_t bytes, const struct virtio_net_hdr *header,
		    uint32_t *begin);
