// needs: dom0-tools/consoled/ring.c dom0-tools/consoled/backlog.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_console_ring.c - a guest's console ring and the backlog behind
 * it, with a guest that behaves and one that writes what it likes.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>

#include "dom0-tools/consoled/backlog.h"
#include "dom0-tools/consoled/ring.h"

/* On the heap and of its exact length, so that a step beside it is seen. */
static struct xencons_interface *page;
static struct ring ring;
static char bytes[RING_OUTPUT_BYTES];

static void fresh_at(uint32_t out, uint32_t in)
{
	free(page);
	page = calloc(1, sizeof(*page));
	page->out_cons = page->out_prod = out;
	page->in_cons = page->in_prod = in;
	ring_adopt(&ring, page);
}

/* As Linux' hvc_xen does. */
static size_t guest_writes(const char *text, size_t count)
{
	size_t done = 0;

	while (done < count && page->out_prod - page->out_cons < sizeof(page->out))
		page->out[page->out_prod++ % sizeof(page->out)] = text[done++];
	return done;
}

static size_t guest_reads(char *text, size_t room)
{
	size_t done = 0;

	while (done < room && page->in_cons != page->in_prod)
		text[done++] = page->in[page->in_cons++ % sizeof(page->in)];
	return done;
}

static void test_console_ring_carries_over_its_ends(void)
{
	fresh_at(0xffffff00, 0xfffffff0);
	for (int turn = 0; turn < 40; turn++) {
		char text[300], got[64];
		int count;

		memset(text, 'a' + turn % 26, sizeof(text));
		EXPECT_EQUAL(guest_writes(text, sizeof(text)), sizeof(text));
		count = ring_peek(&ring, bytes);
		EXPECT_EQUAL(count, sizeof(text));
		EXPECT(memcmp(bytes, text, sizeof(text)) == 0);
		ring_release(&ring, (uint32_t)count);
		EXPECT_EQUAL(ring_peek(&ring, bytes), 0);
		EXPECT_EQUAL(ring_put(&ring, text, 50), 50);
		EXPECT_EQUAL(guest_reads(got, sizeof(got)), 50);
		EXPECT(memcmp(got, text, 50) == 0);
	}
}

static void test_console_ring_full(void)
{
	static char text[4096];

	memset(text, 'x', sizeof(text));
	fresh_at(7, 9);
	EXPECT_EQUAL(guest_writes(text, sizeof(text)), RING_OUTPUT_BYTES);
	EXPECT_EQUAL(ring_peek(&ring, bytes), RING_OUTPUT_BYTES);
	EXPECT_EQUAL(ring_put(&ring, text, sizeof(text)), RING_INPUT_BYTES);
	EXPECT_EQUAL(ring_room(&ring), 0);
	EXPECT_EQUAL(ring_put(&ring, text, 1), 0);
}

static void test_console_ring_peek_takes_nothing(void)
{
	struct ring next;

	fresh_at(100, 0);
	guest_writes("hello", 5);
	EXPECT_EQUAL(ring_peek(&ring, bytes), 5);
	EXPECT_EQUAL(page->out_cons, 100);
	/* Whoever comes after a killed process finds it all. */
	ring_adopt(&next, page);
	EXPECT_EQUAL(ring_peek(&next, bytes), 5);
	EXPECT(memcmp(bytes, "hello", 5) == 0);
	ring_release(&next, 2);
	EXPECT_EQUAL(page->out_cons, 102);
	ring_adopt(&ring, page);
	EXPECT_EQUAL(ring_peek(&ring, bytes), 3);
}

static void test_console_ring_impossible_output(void)
{
	fresh_at(0, 0);
	page->out_prod = RING_OUTPUT_BYTES + 1;
	EXPECT_EQUAL(ring_peek(&ring, bytes), -EPROTO);
	page->out_prod = (uint32_t)-1;
	EXPECT_EQUAL(ring_peek(&ring, bytes), -EPROTO);
	ring_resynchronise(&ring);
	EXPECT_EQUAL(ring_peek(&ring, bytes), 0);
	EXPECT_EQUAL(page->out_cons, (uint32_t)-1);
	/* Our own index is ours: the guest's changes to its copy are nothing to us. */
	fresh_at(0, 0);
	guest_writes("abc", 3);
	page->out_cons = 0x80000000;
	EXPECT_EQUAL(ring_peek(&ring, bytes), 3);
	ring_release(&ring, 3);
	EXPECT_EQUAL(page->out_cons, 3);
}

static void test_console_ring_impossible_input(void)
{
	fresh_at(0, 0);
	page->in_cons = 1;
	EXPECT_EQUAL(ring_room(&ring), 0);
	EXPECT_EQUAL(ring_put(&ring, "x", 1), 0);
	page->in_cons = (uint32_t)-2000;
	EXPECT_EQUAL(ring_room(&ring), 0);
	page->in_cons = 0;
	page->in_prod = 12345; /* not read again */
	EXPECT_EQUAL(ring_put(&ring, "x", 1), 1);
	EXPECT_EQUAL(page->in_prod, 1);
}

/* Any four indices, at adoption and later: nothing is touched beside the page. */
static void test_console_ring_any_indices(void)
{
	uint32_t state = 12345;
	char text[RING_INPUT_BYTES] = {0};

	for (int turn = 0; turn < 20000; turn++) {
		uint32_t *indices[4];

		if (turn % 16 == 0)
			fresh_at(state, state * 7);
		indices[0] = &page->out_prod;
		indices[1] = &page->out_cons;
		indices[2] = &page->in_prod;
		indices[3] = &page->in_cons;
		state = state * 1664525 + 1013904223;
		*indices[state >> 30] = state >> 8 & 1 ? state : state & 0xfff;
		if (turn % 5 == 0)
			ring_adopt(&ring, page);
		int count = ring_peek(&ring, bytes);

		EXPECT(count == -EPROTO || (count >= 0 && (size_t)count <= RING_OUTPUT_BYTES));
		if (count < 0)
			ring_resynchronise(&ring);
		else
			ring_release(&ring, (uint32_t)count);
		EXPECT(ring_put(&ring, text, state % sizeof(text)) <= sizeof(text));
	}
}

static void test_console_backlog_keeps_the_last(void)
{
	struct backlog backlog = {.bytes = malloc(10), .size = 10};
	const char *first;

	EXPECT_EQUAL(backlog_first(&backlog, &first), 0);
	backlog_add(&backlog, "abcdefgh", 8);
	backlog_add(&backlog, "ijkl", 4); /* a and b go */
	EXPECT_EQUAL(backlog.count, 10);
	EXPECT_EQUAL(backlog_first(&backlog, &first), 8);
	EXPECT(memcmp(first, "cdefghij", 8) == 0);
	backlog_drop(&backlog, 8);
	EXPECT_EQUAL(backlog_first(&backlog, &first), 2);
	EXPECT(memcmp(first, "kl", 2) == 0);
	backlog_drop(&backlog, 2);
	backlog_add(&backlog, "0123456789ABCDEF", 16);
	EXPECT_EQUAL(backlog_first(&backlog, &first), 10);
	EXPECT(memcmp(first, "6789ABCDEF", 10) == 0);
	free(backlog.bytes);
}

int main(void)
{
	RUN(test_console_ring_carries_over_its_ends);
	RUN(test_console_ring_full);
	RUN(test_console_ring_peek_takes_nothing);
	RUN(test_console_ring_impossible_output);
	RUN(test_console_ring_impossible_input);
	RUN(test_console_ring_any_indices);
	RUN(test_console_backlog_keeps_the_last);
	free(page);
	return check_result();
}
