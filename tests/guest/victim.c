/* SPDX-License-Identifier: MIT */
/*
 * A guest that does its work and counts it, beside one that does harm
 * (tests/scenario/neighbour).  work=cpu, work=store, work=console, work=disk or
 * work=network on its command line says which; every tenth of a second of its own clock it says on
 * its console how much it has done by when:
 *
 *	work KIND CLOCK COUNT WAITED WORST
 *
 * CLOCK: its own, in nanoseconds.  COUNT: pieces of computing, answers of the
 * store, bytes written, blocks read, packets that were answered.  WAITED: nanoseconds until answers
 *of the store came, all together, and WORST the longest since the last line.
 */
#include "pv-drivers/front/block.h"
#include "pv-drivers/front/network.h"
#include "tests/guest/lib/fronts.h"
#include "tests/guest/lib/hostile.h"

#define REPORT_NS   100000000ul
#define PIECE	    10000
#define XVDA	    51712
#define BLOCKS	    512 /* of 4 KiB, of its disk */
#define BUFFERS	    64
#define ARP_BYTES   42
#define STORE_EVERY 20000000ul /* ns: fifty questions a second, far from any limit */

static uint64_t number_put(char *to, uint64_t value)
{
	char digits[24];
	uint64_t count = 0, at = 0;

	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	to[at++] = ' ';
	while (count)
		to[at++] = digits[--count];
	return at;
}

/* Whole lines only, so that each can be believed. */
static void put_line(const char *line, uint32_t length)
{
	for (uint32_t done = 0; done < length;) {
		done += console_put(line + done, length - done);
		if (done < length)
			ring_wait(console_port, 20000000);
	}
}

static uint32_t report(const char *kind, uint64_t count, uint64_t waited, uint64_t worst)
{
	char line[120] = "work ";
	uint64_t at = 5 + strlen(kind);

	memcpy(line + 5, kind, strlen(kind));
	at += number_put(line + at, now_ns());
	at += number_put(line + at, count);
	at += number_put(line + at, waited);
	at += number_put(line + at, worst);
	line[at++] = '\n';
	put_line(line, (uint32_t)at);
	return (uint32_t)at;
}

static void work_cpu(void)
{
	uint64_t next = now_ns() + REPORT_NS, count = 0;

	for (;;) {
		for (int i = 0; i < PIECE; i++)
			barrier();
		count++;
		if (now_ns() < next)
			continue;
		report("cpu", count, 0, 0);
		next = now_ns() + REPORT_NS;
	}
}

static void work_store(void)
{
	uint64_t next = now_ns() + REPORT_NS, count = 0, waited = 0, worst = 0;
	char reply[64];

	for (;;) {
		uint64_t begin = now_ns(), took;

		store_ask(XS_READ, 0, "name", 5, reply, sizeof(reply));
		took = now_ns() - begin;
		waited += took;
		worst = took > worst ? took : worst;
		count++;
		if (now_ns() >= next) {
			report("store", count, waited, worst);
			worst = 0;
			next = now_ns() + REPORT_NS;
		}
		if (took < STORE_EVERY)
			ring_wait(store_port, STORE_EVERY - took);
	}
}

static void work_console(void)
{
	static const char line[] = "a line that a guest has to say, of eighty bytes as they are, "
				   "over and over again\n";
	uint64_t next = now_ns() + REPORT_NS, count = 0;

	for (;;) {
		put_line(line, sizeof(line) - 1);
		count += sizeof(line) - 1;
		if (now_ns() < next)
			continue;
		count += report("console", count, 0, 0);
		next = now_ns() + REPORT_NS;
	}
}

/* Reads one block after the other. */
static void work_disk(void)
{
	static struct block_front front;
	uint64_t next = now_ns() + REPORT_NS, count = 0;
	struct blkif_request request = {.operation = BLKIF_OP_READ, .nr_segments = 1};

	fronts_init();
	request.seg[0] = (struct blkif_request_segment){fronts_grant(page_alloc(), false), 0, 7};
	need(block_connect(&front, &front_kernel, XVDA, page_alloc(), true));
	for (;;) {
		request.id = ++count;
		request.sector_number = count % BLOCKS * 8;
		need(block_do(&front, &request) == BLKIF_RSP_OKAY);
		if (now_ns() < next)
			continue;
		report("disk", count, 0, 0);
		next = now_ns() + REPORT_NS;
	}
}

/* "Who has 10.9.0.1?", which dom0 answers. */
static void make_question(uint8_t *frame)
{
	static const uint8_t question[ARP_BYTES] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x3e, 0x00, 0x00, 0x77, 0x08, 0x06,
		0,    1,    8,	  0,	6,    4,    0,	  1,	0x00, 0x16, 0x3e, 0x00, 0x00, 0x77,
		10,   9,    0,	  77,	0,    0,    0,	  0,	0,    0,    10,	  9,	0,    1};

	memcpy(frame, question, sizeof(question));
}

static bool is_answer(const uint8_t *frame)
{
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2};

	return !memcmp(frame + 12, head, sizeof(head)) && frame[5] == 0x77 && frame[31] == 1;
}

/* Takes what has come, and offers its pages again; how many answers were in it. */
static uint32_t take_answers(struct network_front *front, uint8_t *const buffers[BUFFERS],
			     const uint32_t grants[BUFFERS])
{
	struct netif_rx_response response;
	uint32_t found = 0;

	while (network_received(front, &response)) {
		need(response.id < BUFFERS);
		if (response.status >= ARP_BYTES)
			found += is_answer(buffers[response.id] + response.offset);
		network_offer(front, response.id, grants[response.id]);
	}
	return found;
}

/* Asks one question after the other; one that is lost is asked again after a while. */
static void work_network(void)
{
	static struct network_front front;
	static uint8_t *buffers[BUFFERS];
	static uint32_t grants[BUFFERS];
	struct netif_tx_request question = {.size = ARP_BYTES};
	struct netif_tx_response sent;
	uint64_t next = now_ns() + REPORT_NS, count = 0;
	void *frame = page_alloc();

	fronts_init();
	make_question(frame);
	question.gref = fronts_grant(frame, true);
	need(network_connect(&front, &front_kernel, 0, page_alloc(), page_alloc()));
	for (uint16_t i = 0; i < BUFFERS; i++) {
		buffers[i] = page_alloc();
		grants[i] = fronts_grant(buffers[i], false);
		network_offer(&front, i, grants[i]);
	}
	for (;;) {
		uint64_t lost = now_ns() + REPORT_NS / 4;
		uint32_t answers = 0;

		(void)network_put(&front, &question);
		while (!answers && now_ns() < lost) {
			if (network_push(&front))
				send_port(front.port);
			answers = take_answers(&front, buffers, grants);
			while (network_sent(&front, &sent))
				;
			if (!answers)
				front_kernel.wait(front.port);
		}
		count += answers;
		if (now_ns() < next)
			continue;
		report("network", count, 0, 0);
		next = now_ns() + REPORT_NS;
	}
}

void guest_main(void)
{
	if (rings_init()) {
		if (hostile_word("work=disk"))
			work_disk();
		if (hostile_word("work=network"))
			work_network();
		if (hostile_word("work=store"))
			work_store();
		if (hostile_word("work=console"))
			work_console();
		work_cpu();
	}
	expect_true("dom0-has-no-ring", store_ring == NULL);
}
