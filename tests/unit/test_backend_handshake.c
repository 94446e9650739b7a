// needs: pv-drivers/common/handshake.c pv-drivers/common/limit.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_backend_handshake.c - what a backend does in each pair of states,
 * and how much it lets through in a second.
 */
#include "tests/unit/check.h"

#include <xen/io/xenbus.h>

#include "pv-drivers/common/handshake.h"
#include "pv-drivers/common/limit.h"

static enum handshake_step next(int back, int front, bool online, bool attached)
{
	const struct handshake now = {back, front, online, attached};

	return handshake_next(&now);
}

static void test_backend_handshake_begins(void)
{
	EXPECT_EQUAL(next(XenbusStateInitialising, XenbusStateInitialising, true, false),
		     HANDSHAKE_OFFER);
	EXPECT_EQUAL(next(XenbusStateInitWait, XenbusStateInitialising, true, false),
		     HANDSHAKE_WAIT);
	EXPECT_EQUAL(next(XenbusStateInitWait, XenbusStateInitialised, true, false),
		     HANDSHAKE_CONNECT);
	EXPECT_EQUAL(next(XenbusStateConnected, XenbusStateConnected, true, true), HANDSHAKE_WAIT);
}

/* The one before it was killed: the same rings, and not a word in the store. */
static void test_backend_handshake_goes_on(void)
{
	EXPECT_EQUAL(next(XenbusStateConnected, XenbusStateConnected, true, false),
		     HANDSHAKE_REATTACH);
	EXPECT_EQUAL(next(XenbusStateConnected, XenbusStateInitialised, true, false),
		     HANDSHAKE_REATTACH);
}

static void test_backend_handshake_ends(void)
{
	EXPECT_EQUAL(next(XenbusStateConnected, XenbusStateClosing, true, true), HANDSHAKE_CLOSE);
	EXPECT_EQUAL(next(XenbusStateConnected, XenbusStateClosed, false, true), HANDSHAKE_CLOSE);
	EXPECT_EQUAL(next(XenbusStateClosed, XenbusStateClosed, false, false), HANDSHAKE_END);
	/* The guest has gone, its nodes with it. */
	EXPECT_EQUAL(next(XenbusStateConnected, XenbusStateUnknown, true, true), HANDSHAKE_CLOSE);
	EXPECT_EQUAL(next(XenbusStateUnknown, XenbusStateConnected, true, true), HANDSHAKE_END);
}

/* The guest's kernel is replaced, or its driver loaded again. */
static void test_backend_handshake_again(void)
{
	EXPECT_EQUAL(next(XenbusStateClosed, XenbusStateClosed, true, false), HANDSHAKE_WAIT);
	EXPECT_EQUAL(next(XenbusStateClosed, XenbusStateInitialising, true, false),
		     HANDSHAKE_OFFER);
	EXPECT_EQUAL(next(XenbusStateClosed, XenbusStateInitialising, false, false), HANDSHAKE_END);
	/* Turned away for breaking the protocol, it has to close first. */
	EXPECT_EQUAL(next(XenbusStateClosed, XenbusStateConnected, true, false), HANDSHAKE_WAIT);
}

/* From any pair, by whatever the front does, nobody is asked for ever without waiting. */
static void test_backend_handshake_settles(void)
{
	for (int back = 0; back <= XenbusStateReconfigured; back++)
		for (int front = 0; front <= XenbusStateReconfigured; front++)
			for (int bits = 0; bits < 4; bits++) {
				struct handshake now = {back, front, bits & 1, bits & 2};
				int steps = 0;

				for (enum handshake_step step;
				     (step = handshake_next(&now)) != HANDSHAKE_WAIT &&
				     step != HANDSHAKE_END;
				     steps++) {
					if (steps > 8)
						break;
					if (step == HANDSHAKE_OFFER)
						now.back = XenbusStateInitWait;
					if (step == HANDSHAKE_CONNECT)
						now.back = XenbusStateConnected;
					if (step == HANDSHAKE_CLOSE)
						now.back = XenbusStateClosed;
					now.attached = step == HANDSHAKE_CONNECT ||
						       step == HANDSHAKE_REATTACH;
				}
				EXPECT(steps <= 8);
			}
}

#define MS 1000000ull

/* So much a second, whatever the sizes are. */
static void test_backend_limit_rate(void)
{
	struct limit limit = {.rate = 1000};
	uint64_t now = 5000 * MS, begin = now, used = 0;

	while (now < begin + 10000 * MS) {
		uint64_t wait = limit_wait(&limit, now);

		if (wait) {
			now += wait;
			continue;
		}
		limit_take(&limit, 37);
		used += 37;
	}
	EXPECT(used >= 10000);
	EXPECT(used <= 10000 + 100 + 37);
}

static void test_backend_limit_none(void)
{
	struct limit limit = {0};

	limit_take(&limit, UINT64_MAX);
	EXPECT_EQUAL(limit_wait(&limit, 1), 0);
}

/* Enormous debts, clocks that stand or step back: some time ahead it goes on. */
static void test_backend_limit_extremes(void)
{
	struct limit limit = {.rate = 1};

	EXPECT_EQUAL(limit_wait(&limit, 1), 0);
	limit_take(&limit, UINT64_MAX);
	limit_take(&limit, UINT64_MAX);
	EXPECT(limit_wait(&limit, 2) > 0);
	limit = (struct limit){.rate = 20};
	EXPECT_EQUAL(limit_wait(&limit, 100 * MS), 0);
	limit_take(&limit, 3);
	EXPECT(limit_wait(&limit, 100 * MS) <= 150 * MS);
	EXPECT_EQUAL(limit_wait(&limit, 100000 * MS), 0);
}

int main(void)
{
	RUN(test_backend_handshake_begins);
	RUN(test_backend_handshake_goes_on);
	RUN(test_backend_handshake_ends);
	RUN(test_backend_handshake_again);
	RUN(test_backend_handshake_settles);
	RUN(test_backend_limit_rate);
	RUN(test_backend_limit_none);
	RUN(test_backend_limit_extremes);
	return check_result();
}
