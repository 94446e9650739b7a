/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/fuzz_network_packet.c - any slots and any frame: what is let through lies in
 * the guest's pages and fits, and no header is read beyond the frame's end.
 */
#include <stdlib.h>
#include <string.h>

#include "pv-drivers/netback/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_pieces(const struct packet *packet)
{
	uint32_t sum = 0;

	require(packet->pieces > 0 && packet->pieces <= PACKET_PIECES_MOST);
	require(packet->slots == packet->pieces + packet->extras);
	for (uint32_t i = 0; i < packet->pieces; i++) {
		require(packet->piece[i].bytes > 0);
		require(packet->piece[i].offset + packet->piece[i].bytes <= PACKET_PAGE_BYTES);
		sum += packet->piece[i].bytes;
	}
	require(sum == packet->bytes && sum >= FRAME_BYTES_LEAST && sum <= FRAME_BYTES_MOST);
}

/* In memory of its exact length. */
static void look_at_frame(const struct packet *packet, const uint8_t *data, size_t bytes)
{
	/* No address that can be: what is behind it is read where the source is none. */
	const struct packet_rules rules = {
		bytes & 1, {1, 2, 3, 4, 5, 6}, {bytes & 2, {{false, {0}}, {true, {0}}}}};
	struct packet shorter = *packet;
	struct virtio_net_hdr header;
	uint8_t *frame;

	shorter.bytes = (uint32_t)(bytes < FRAME_BYTES_MOST ? bytes : FRAME_BYTES_MOST);
	if (shorter.bytes < FRAME_BYTES_LEAST)
		return;
	frame = malloc(shorter.bytes);
	memcpy(frame, data, shorter.bytes);
	if (packet_describe(&shorter, frame, &header) && header.flags)
		require(header.csum_start + header.csum_offset + 2u <= shorter.bytes);
	(void)!packet_is_honest(&rules, frame, shorter.bytes);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	union send_slot slots[PACKET_SLOTS_MOST];
	struct packet packet;
	size_t count;

	if (bytes < 1)
		return 0;
	count = data[0] % (PACKET_SLOTS_MOST + 1);
	data++, bytes--;
	if (count * sizeof(slots[0]) > bytes)
		count = bytes / sizeof(slots[0]);
	memcpy(slots, data, count * sizeof(slots[0]));
	data += count * sizeof(slots[0]);
	bytes -= count * sizeof(slots[0]);
	switch (packet_read(slots, (uint32_t)count, &packet)) {
	case PACKET_BROKEN:
		return 0;
	case PACKET_REFUSED:
		require(packet.slots > 0 && packet.slots <= count);
		break;
	case PACKET_TOLD:
		require(packet.slots == 2 && packet.slots <= count && !packet.pieces);
		return 0;
	case PACKET_GOOD:
		require(packet.slots <= count);
		check_pieces(&packet);
		break;
	}
	look_at_frame(&packet, data, bytes);
	return 0;
}
