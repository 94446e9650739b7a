// needs: xen-like/log_ring.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_log_ring.c - the log's ring against all that was ever written: what it
 * still has is that, and it has as much as its memory allows.  Chunks are the host's
 * allocations, so that ASan sees a byte beside one.
 */
#include <stdlib.h>

#include "tests/unit/check.h"
#include "xen-like/log_ring.h"

#define LIMIT 5
#define EVER  20000

static struct log_ring ring;
static char *slots[LIMIT], *given[LIMIT];
static unsigned int given_count;
static char ever[EVER];
static uint64_t begin;

static char *chunk_new(void)
{
	return given[given_count++] = malloc(ring.chunk_bytes);
}

static void start(uint32_t limit, size_t chunk_bytes, uint64_t at)
{
	ring.chunk_bytes = chunk_bytes;
	begin = at;
	log_ring_start(&ring, slots, limit, chunk_new(), chunk_bytes, at);
}

static void end(void)
{
	while (given_count > 0)
		free(given[--given_count]);
}

static void put(size_t count)
{
	char text[300];

	for (size_t i = 0; i < count; i++)
		ever[ring.written + i] = text[i] = (char)rand();
	log_ring_write(&ring, text, count);
}

/* A chunk that is not wanted is not taken. */
static void give(void)
{
	bool wanted = log_ring_wants_chunk(&ring);
	char other;

	if (wanted)
		EXPECT(log_ring_give_chunk(&ring, chunk_new()));
	EXPECT(!log_ring_give_chunk(&ring, &other));
}

/* The number of the first byte that memory of `count` chunks must have. */
static uint64_t kept_from(uint64_t count)
{
	uint64_t bytes = count * ring.chunk_bytes;

	return ring.written > begin + bytes ? ring.written - bytes : begin;
}

static void expect_as_ever(void)
{
	uint64_t at = log_ring_first(&ring), from = at;
	char got[77];
	size_t count;

	EXPECT(from >= begin && from <= ring.written);
	while ((count = log_ring_read(&ring, &at, got, 1 + (size_t)rand() % sizeof(got))) > 0) {
		EXPECT(memcmp(got, ever + from, count) == 0);
		from += count;
		EXPECT_EQUAL(at, from);
	}
	EXPECT_EQUAL(at, ring.written);
}

static void test_log_ring_of_one_chunk(void)
{
	start(1, 64, 0);
	expect_as_ever();
	EXPECT_EQUAL(log_ring_first(&ring), 0);
	for (int i = 0; i < 100; i++) {
		put((size_t)i);
		expect_as_ever();
		give();
		EXPECT_EQUAL(log_ring_first(&ring), kept_from(1));
	}
	end();
}

/* With memory whenever it is wanted, nothing is lost before the ring has all it may. */
static void test_log_ring_grows_in_time(void)
{
	start(LIMIT, 64, 0);
	while (ring.written < 64 * LIMIT) {
		put(1);
		give();
		expect_as_ever();
		EXPECT_EQUAL(log_ring_first(&ring), 0);
	}
	EXPECT_EQUAL(given_count, LIMIT);
	for (int i = 0; i < 1000; i++) {
		put(1);
		give();
		expect_as_ever();
		EXPECT_EQUAL(log_ring_first(&ring), kept_from(LIMIT));
	}
	end();
}

/* A chunk is asked for when half of the last one is left, not before. */
static void test_log_ring_asks_by_half(void)
{
	start(2, 64, 0);
	put(32);
	EXPECT(!log_ring_wants_chunk(&ring));
	put(1);
	EXPECT(log_ring_wants_chunk(&ring));
	put(31);
	EXPECT(log_ring_wants_chunk(&ring));
	give();
	EXPECT(!log_ring_wants_chunk(&ring));
	EXPECT_EQUAL(given_count, 2);
	end();
}

/* Memory that comes after the ring went round keeps more from then on. */
static void test_log_ring_grows_late(void)
{
	start(LIMIT, 64, 0);
	put(150);
	expect_as_ever();
	EXPECT_EQUAL(log_ring_first(&ring), 150 - 64);
	give();
	EXPECT_EQUAL(log_ring_first(&ring), 150 - 64);
	put(64);
	expect_as_ever();
	EXPECT_EQUAL(log_ring_first(&ring), 128);
	end();
}

static void test_log_ring_passes_over_what_is_gone(void)
{
	uint64_t at = 3;
	char got[10];

	start(1, 64, 0);
	put(100);
	EXPECT_EQUAL(log_ring_read(&ring, &at, got, 10), 10);
	EXPECT_EQUAL(at, 46);
	EXPECT(memcmp(got, ever + 36, 10) == 0);
	at = 100;
	EXPECT_EQUAL(log_ring_read(&ring, &at, got, 10), 0);
	end();
}

/* Texts, memory that comes or not, readers, from any first number. */
static void test_log_ring_random(void)
{
	for (unsigned int seed = 1; seed < 300; seed++) {
		uint32_t limit = 1 + seed % LIMIT;
		unsigned int often = seed % 7; /* memory: never to almost always */

		srand(seed);
		start(limit, (size_t)16 << seed % 4, (uint64_t)(rand() % 200));
		while (ring.written < 3000) {
			put((size_t)(rand() % (seed % 2 ? 20 : 300)));
			if ((unsigned int)rand() % 7 < often)
				give();
			expect_as_ever();
			/* Of one chunk the text is whole, however late the others came. */
			EXPECT(log_ring_first(&ring) <= kept_from(1));
			EXPECT(log_ring_first(&ring) >= kept_from(limit));
		}
		EXPECT(often < 4 || given_count == limit);
		end();
	}
}

int main(void)
{
	RUN(test_log_ring_of_one_chunk);
	RUN(test_log_ring_grows_in_time);
	RUN(test_log_ring_asks_by_half);
	RUN(test_log_ring_grows_late);
	RUN(test_log_ring_passes_over_what_is_gone);
	RUN(test_log_ring_random);
	return check_result();
}
