/* SPDX-License-Identifier: MIT */
/* pv-drivers/netback/queue.c - frames from a guest's ring to the TAP device, and back. */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "pv-drivers/netback/server.h"

int queue_make_memory(struct server *server)
{
	size_t frames = (size_t)TAP_QUEUES_MOST * BATCH * FRAME_ROOM,
	       out = (size_t)BATCH * OUT_ROOM;
	uint8_t *memory = mmap(NULL, frames + out, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	for (uint32_t i = 0; i < TAP_QUEUES_MOST * BATCH; i++, memory += FRAME_ROOM)
		server->queues[i / BATCH].frame[i % BATCH].data = memory;
	server->memory_out = (uint8_t(*)[OUT_ROOM])memory;
	return 0;
}

/* ---- lanes ------------------------------------------------------------------------- */

static void put_answers(struct lane *lane, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		ring_put(&lane->ring, lane->note->begin + i, &lane->note->responses[i],
			 lane->response_bytes);
}

/* Answers that the one before us had begun to write are written to their end. */
static void finish_note(struct lane *lane)
{
	struct note *note = lane->note;
	uint32_t count = note->count;

	if (count <= lane->ring.size && note->begin == lane->ring.answered) {
		put_answers(lane, count);
		lane->ring.taken += count;
		(void)ring_publish(&lane->ring, lane->ring.answered + count);
	}
}

static bool attach_lane(struct server *server, struct lane *lane, const struct lane_place *place,
			uint32_t slot_bytes, uint32_t response_bytes, bool again)
{
	lane->answers = 0;
	lane->response_bytes = response_bytes;
	lane->page = guest_map(server->guest, &place->grant, 1);
	if (!lane->page || !ring_attach(&lane->ring, lane->page, PACKET_PAGE_BYTES, slot_bytes) ||
	    lane->ring.size > SLOTS_MOST)
		return false;
	if (again)
		finish_note(lane);
	lane->note->count = 0;
	lane->note->begin = lane->ring.answered;
	return true;
}

static void detach_lane(struct server *server, struct lane *lane)
{
	if (lane->page)
		guest_unmap(server->guest, lane->page, 1);
	lane->page = NULL;
	lane->note->count = 0;
}

static bool bind_lanes(struct server *server, struct queue *queue, uint32_t send, uint32_t receive)
{
	queue->send.port = guest_bind(server->guest, send);
	queue->receive.port =
		receive == send ? queue->send.port : guest_bind(server->guest, receive);
	return queue->send.port >= 0 && queue->receive.port >= 0;
}

bool queue_attach(struct server *server, struct queue *queue, const struct lane_place *send,
		  const struct lane_place *receive, bool again)
{
	bool good = attach_lane(server, &queue->send, send, sizeof(union send_slot),
				sizeof(struct netif_tx_response), again) &&
		    attach_lane(server, &queue->receive, receive, sizeof(struct netif_rx_request),
				sizeof(struct netif_rx_response), again) &&
		    bind_lanes(server, queue, send->port, receive->port);

	if (!good) {
		queue_detach(server, queue);
		return false;
	}
	queue->frames = 0;
	queue->stalled = false;
	queue->look = true;
	/* Events may have been lost with the one before us. */
	guest_notify(server->guest, queue->send.port);
	guest_notify(server->guest, queue->receive.port);
	return true;
}

void queue_detach(struct server *server, struct queue *queue)
{
	if (queue->receive.port >= 0 && queue->receive.port != queue->send.port)
		guest_unbind(server->guest, queue->receive.port);
	if (queue->send.port >= 0)
		guest_unbind(server->guest, queue->send.port);
	queue->send.port = queue->receive.port = -1;
	detach_lane(server, &queue->send);
	detach_lane(server, &queue->receive);
}

static void answer(struct lane *lane, uint64_t response)
{
	lane->note->responses[lane->answers++] = response;
}

static void publish(struct server *server, struct lane *lane)
{
	uint32_t count = lane->answers;

	if (!count)
		return;
	lane->answers = 0;
	/* From here on whoever comes after us finishes what we do not. */
	__atomic_store_n(&lane->note->count, count, __ATOMIC_RELEASE);
	put_answers(lane, count);
	if (ring_publish(&lane->ring, lane->note->begin + count))
		guest_notify(server->guest, lane->port);
	__atomic_store_n(&lane->note->count, 0, __ATOMIC_RELEASE);
	lane->note->begin += count;
}

/* ---- from the guest ---------------------------------------------------------------- */

struct outgoing {
	struct packet packets[BATCH];
	uint8_t *frames[BATCH];
	enum packet_verdict verdicts[BATCH];
	uint32_t count;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool limit_lets(struct server *server)
{
	uint64_t now, wait;

	if (!server->bytes.rate)
		return true;
	now = now_ns();
	wait = limit_wait(&server->bytes, now);
	if (wait && (!server->wake_ns || now + wait < server->wake_ns))
		server->wake_ns = now + wait;
	return !wait;
}

/* Copies of the slots at the ring's front, of a packet's length at most; none is taken. */
static uint32_t look_at_slots(const struct ring *ring, uint32_t waiting, union send_slot *slots)
{
	struct ring look = *ring;
	uint32_t count = MIN(waiting, (uint32_t)PACKET_SLOTS_MOST);

	for (uint32_t i = 0; i < count; i++)
		ring_take(&look, &slots[i], sizeof(slots[i]));
	return count;
}

/* The packets that wait, BATCH of them at most; false: one has no end. */
static bool take_packets(struct server *server, struct lane *lane, struct outgoing *out)
{
	union send_slot slots[PACKET_SLOTS_MOST];

	out->count = 0;
	while (out->count < BATCH) {
		struct packet *packet = &out->packets[out->count];
		int waiting = ring_waiting(&lane->ring);
		uint32_t count;

		if (waiting == 0)
			waiting = out->count ? 0 : ring_ask_for_event(&lane->ring);
		if (waiting <= 0)
			return waiting == 0;
		if (!limit_lets(server))
			return true;
		count = look_at_slots(&lane->ring, (uint32_t)waiting, slots);
		out->verdicts[out->count] = packet_read(slots, count, packet);
		if (out->verdicts[out->count] == PACKET_BROKEN)
			return false;
		lane->ring.taken += packet->slots;
		limit_take(&server->bytes, packet->bytes);
		out->count++;
	}
	return true;
}

static uint32_t list_pieces(const struct packet *packet, uint8_t *memory,
			    struct guest_piece *pieces)
{
	for (uint32_t i = 0; i < packet->pieces; i++) {
		const struct packet_piece *piece = &packet->piece[i];

		pieces[i] = (struct guest_piece){piece->grant, piece->offset, piece->bytes, memory};
		memory += piece->bytes;
	}
	return packet->pieces;
}

/*
 * Where a packet is put so that its whole pages are whole pages of ours: one that lies
 * across two is two copies, each with a page to be pinned.
 */
static uint8_t *frame_place(const struct packet *packet, uint8_t *room)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < packet->pieces; i++) {
		if (packet->piece[i].bytes == PACKET_PAGE_BYTES)
			return room +
			       (PACKET_PAGE_BYTES - before % PACKET_PAGE_BYTES) % PACKET_PAGE_BYTES;
		before += packet->piece[i].bytes;
	}
	return room;
}

/* All with one call; when one fails each by itself, so that only the bad ones are refused. */
static void copy_packets(struct server *server, struct outgoing *out)
{
	struct guest_piece pieces[BATCH * PACKET_PIECES_MOST];
	uint32_t count = 0;

	for (uint32_t i = 0; i < out->count; i++) {
		out->frames[i] = frame_place(&out->packets[i], server->memory_out[i]);
		if (out->verdicts[i] == PACKET_GOOD)
			count += list_pieces(&out->packets[i], out->frames[i], pieces + count);
	}
	if (guest_copy(server->guest, GUEST_READ, pieces, count) == 0)
		return;
	for (uint32_t i = 0; i < out->count; i++) {
		if (out->verdicts[i] != PACKET_GOOD)
			continue;
		count = list_pieces(&out->packets[i], out->frames[i], pieces);
		if (guest_copy(server->guest, GUEST_READ, pieces, count))
			out->verdicts[i] = PACKET_REFUSED;
	}
}

static void answer_packet(struct lane *lane, const struct packet *packet, int16_t status)
{
	for (uint32_t i = 0; i < packet->slots; i++) {
		bool extra = i > 0 && i <= packet->extras;
		struct netif_tx_response response = {packet->id[i],
						     extra ? NETIF_RSP_NULL : status};
		uint64_t raw = 0;

		memcpy(&raw, &response, sizeof(response));
		answer(lane, raw);
	}
}

static bool change_groups(struct groups *groups, const struct packet *packet)
{
	return packet->group_change == XEN_NETIF_EXTRA_TYPE_MCAST_ADD
		       ? groups_add(groups, packet->group)
		       : groups_remove(groups, packet->group);
}

static bool send_frame(struct server *server, struct queue *queue, const struct packet *packet,
		       const uint8_t *frame)
{
	struct virtio_net_hdr header;

	if (!packet_describe(packet, frame, &header) ||
	    !packet_is_honest(&server->rules, frame, packet->bytes))
		return false;
	tap_send(queue->tap, &header, frame, packet->bytes);
	return true;
}

static void send_packet(struct server *server, struct queue *queue, const struct packet *packet,
			const uint8_t *frame, enum packet_verdict verdict)
{
	bool good = verdict == PACKET_GOOD   ? send_frame(server, queue, packet, frame)
		    : verdict == PACKET_TOLD ? change_groups(&server->memory->groups, packet)
					     : false;

	answer_packet(&queue->send, packet, good ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
}

bool queue_send(struct server *server, struct queue *queue)
{
	static struct outgoing out;
	bool good;

	for (uint32_t turn = 0; turn < TURN_MOST; turn++) {
		good = take_packets(server, &queue->send, &out);
		copy_packets(server, &out);
		for (uint32_t i = 0; i < out.count; i++)
			send_packet(server, queue, &out.packets[i], out.frames[i], out.verdicts[i]);
		publish(server, &queue->send);
		if (!good || !out.count)
			return good;
	}
	server->more = true;
	return true;
}

/* ---- to the guest ------------------------------------------------------------------ */

/* Fills the frames there is room for, until the TAP device has none; whether there is one. */
static bool read_frames(const struct server *server, struct queue *queue)
{
	while (queue->look && queue->frames < BATCH) {
		struct frame *frame = &queue->frame[queue->frames];

		frame->bytes =
			tap_receive(queue->tap, &frame->header, frame->data, FRAME_BYTES_MOST);
		queue->look = frame->bytes;
		if (frame->bytes && groups_want(&server->memory->groups, frame->data))
			queue->frames++;
	}
	return queue->frames;
}

/*
 * How many of the frames that wait fit into the guest's slots now; -1: the ring cannot
 * be believed.  If the first does not, the guest tells when there are enough.
 */
static int frames_that_fit(struct queue *queue)
{
	uint32_t room, slots = 0;
	int waiting = ring_waiting(&queue->receive.ring);
	uint32_t first = frame_slots(queue->frame[0].bytes, &queue->frame[0].header);

	if (waiting >= 0 && (uint32_t)waiting < first)
		waiting = ring_ask_for_more(&queue->receive.ring, first);
	if (waiting < 0)
		return -1;
	room = (uint32_t)waiting;
	for (uint32_t i = 0; i < queue->frames; i++) {
		slots += frame_slots(queue->frame[i].bytes, &queue->frame[i].header);
		if (slots > room)
			return (int)i;
	}
	return (int)queue->frames;
}

struct incoming {
	struct guest_piece pieces[SLOTS_MOST];
	uint32_t count, ends[BATCH]; /* of each frame's pieces */
	uint16_t ids[SLOTS_MOST];    /* of each answer          */
};

/* Takes the slots of a frame, notes what is to be copied and what is to be answered. */
static void place_frame(struct lane *lane, struct frame *frame, struct incoming *in)
{
	uint32_t slots = frame_slots(frame->bytes, &frame->header);

	for (uint32_t slot = 0; slot < slots; slot++) {
		struct netif_rx_request request;
		uint32_t begin, part = frame_part(slot, frame->bytes, &frame->header, &begin);

		ring_take(&lane->ring, &request, sizeof(request));
		in->ids[lane->answers] = request.id;
		if (part)
			in->pieces[in->count++] = (struct guest_piece){
				request.gref, 0, (uint16_t)part, frame->data + begin};
		answer(lane, frame_response(slot, request.id, frame->bytes, &frame->header));
	}
}

/* A frame that could not be copied: an error in each of its slots. */
static void refuse_frame(struct lane *lane, const struct incoming *in, uint32_t first,
			 uint32_t slots)
{
	for (uint32_t i = first; i < first + slots; i++) {
		const struct netif_rx_response response = {.id = in->ids[i],
							   .status = NETIF_RSP_ERROR};

		memcpy(&lane->note->responses[i], &response, sizeof(response));
	}
}

static void copy_frames(struct server *server, struct queue *queue, const struct incoming *in,
			uint32_t frames)
{
	uint32_t begin = 0, answered = 0;

	if (guest_copy(server->guest, GUEST_WRITE, in->pieces, in->count) == 0)
		return;
	for (uint32_t i = 0; i < frames; i++) {
		uint32_t slots = frame_slots(queue->frame[i].bytes, &queue->frame[i].header);

		if (guest_copy(server->guest, GUEST_WRITE, in->pieces + begin, in->ends[i] - begin))
			refuse_frame(&queue->receive, in, answered, slots);
		begin = in->ends[i];
		answered += slots;
	}
}

/* Frames behind those that were given move to the front. */
static void drop_frames(struct queue *queue, uint32_t count)
{
	for (uint32_t i = count; i < queue->frames; i++) {
		struct frame given = queue->frame[i - count];

		queue->frame[i - count] = queue->frame[i];
		queue->frame[i] = given;
	}
	queue->frames -= count;
}

bool queue_receive(struct server *server, struct queue *queue)
{
	static struct incoming in;

	queue->stalled = false;
	for (uint32_t turn = 0; turn < TURN_MOST; turn++) {
		int fit = read_frames(server, queue) ? frames_that_fit(queue) : 0;

		if (fit < 0)
			return false;
		queue->stalled = queue->frames && fit == 0;
		if (fit == 0)
			return true;
		in.count = 0;
		for (int i = 0; i < fit; i++) {
			place_frame(&queue->receive, &queue->frame[i], &in);
			in.ends[i] = in.count;
		}
		copy_frames(server, queue, &in, (uint32_t)fit);
		publish(server, &queue->receive);
		drop_frames(queue, (uint32_t)fit);
	}
	server->more = true;
	return true;
}
