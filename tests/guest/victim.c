/* SPDX-License-Identifier: MIT */
/*
 * A guest that does its work and counts it, beside one that does harm
 * (tests/scenario/neighbour).  work=cpu, work=store or work=console on its
 * command line says which; every tenth of a second of its own clock it says on
 * its console how much it has done by when:
 *
 *	work KIND CLOCK COUNT WAITED WORST
 *
 * CLOCK: its own, in nanoseconds.  COUNT: pieces of computing, answers of the
 * store, bytes written.  WAITED: nanoseconds until answers of the store came, all
 * together, and WORST the longest since the last line.
 */
#include "tests/guest/lib/hostile.h"

#define REPORT_NS   100000000ul
#define PIECE	    10000
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

void guest_main(void)
{
	if (rings_init()) {
		if (hostile_word("work=store"))
			work_store();
		if (hostile_word("work=console"))
			work_console();
		work_cpu();
	}
	expect_true("dom0-has-no-ring", store_ring == NULL);
}
