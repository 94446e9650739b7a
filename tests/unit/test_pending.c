// needs: event-channels/pending.c event-channels/channel.c event-channels/send.c
// needs: tests/unit/model_events.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_pending.c - a port's two bits, and who is told when.
 */
#include "event-channels/pending.h"
#include "tests/unit/check.h"
#include "tests/unit/model_events.h"

static struct domain *const d = &domains[0];

static void test_pending_set(void)
{
	model_events_reset();
	pending_set(&d->channels, 70, 1);
	EXPECT(pending_test(&d->channels, 70));
	EXPECT(!pending_test(&d->channels, 71));
	EXPECT_EQUAL(d->selector[1], 2);
	EXPECT_EQUAL(d->selector[0], 0);
	EXPECT_EQUAL(d->upcalls[1], 1);
	EXPECT_EQUAL(d->wakes, 1);
}

static void test_pending_told_once(void)
{
	model_events_reset();
	pending_set(&d->channels, 70, 0);
	pending_set(&d->channels, 70, 0);
	pending_set(&d->channels, 71, 0);
	EXPECT_EQUAL(d->upcalls[0], 1);
	EXPECT_EQUAL(d->wakes, 2);
	pending_set(&d->channels, 4095, 0);
	EXPECT_EQUAL(d->upcalls[0], 2);
	EXPECT_EQUAL(d->selector[0], 1ull << 63 | 2);
}

static void test_pending_masked(void)
{
	model_events_reset();
	d->mask[1] = ~0ull;
	pending_set(&d->channels, 70, 0);
	EXPECT_EQUAL(d->upcalls[0], 0);
	EXPECT_EQUAL(d->selector[0], 0);
	EXPECT_EQUAL(d->wakes, 1); /* a poller hears of masked ports too */
	EXPECT_EQUAL(d->woken_port, 70);
	pending_unmask(&d->channels, 70, 1);
	EXPECT_EQUAL(d->mask[1] >> 6 & 1, 0);
	EXPECT_EQUAL(d->upcalls[1], 1);
	EXPECT_EQUAL(d->selector[1], 2);
	EXPECT(pending_test(&d->channels, 70));
	pending_unmask(&d->channels, 70, 0); /* was not masked: nothing new */
	EXPECT_EQUAL(d->upcalls[0], 0);
}

static void test_pending_unmask_idle(void)
{
	model_events_reset();
	d->mask[0] = ~0ull;
	pending_unmask(&d->channels, 5, 0);
	EXPECT_EQUAL(d->upcalls[0], 0);
	EXPECT_EQUAL(~d->mask[0], 1 << 5);
}

static void test_pending_clear(void)
{
	model_events_reset();
	pending_set(&d->channels, 9, 0);
	pending_clear(&d->channels, 9);
	EXPECT(!pending_test(&d->channels, 9));
	pending_set(&d->channels, 9, 0);
	EXPECT(pending_test(&d->channels, 9));
}

int main(void)
{
	RUN(test_pending_set);
	RUN(test_pending_told_once);
	RUN(test_pending_masked);
	RUN(test_pending_unmask_idle);
	RUN(test_pending_clear);
	return check_result();
}
