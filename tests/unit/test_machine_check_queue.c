// needs: xen-like/arch/x86/machine_check_queue.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_machine_check_queue.c - reports of corrected errors: in their
 * order, none twice, none lost but those that came while too many waited.
 */
#include "tests/unit/check.h"
#include "xen-like/arch/x86/machine_check_queue.h"

static struct machine_check_queue queue;

static bool add(uint64_t status)
{
	const struct machine_check_report report = {.status = status, .bank = (uint16_t)status};

	return machine_check_add(&queue, &report);
}

/* The status of the oldest, or 0. */
static uint64_t oldest(uint64_t *number)
{
	struct machine_check_report report = {0};

	*number = machine_check_oldest(&queue, &report);
	return *number ? report.status : 0;
}

static void test_machine_check_order(void)
{
	uint64_t number, again;

	queue = (struct machine_check_queue){0};
	EXPECT_EQUAL(oldest(&number), 0);
	EXPECT(add(7) && add(8));
	EXPECT_EQUAL(oldest(&number), 7);
	EXPECT_EQUAL(oldest(&again), 7);
	EXPECT_EQUAL(again, number);
	EXPECT(number != 0);
	machine_check_acknowledge(&queue, number);
	EXPECT_EQUAL(oldest(&again), 8);
	/* Once more, or any other: the second has not been seen by who says so. */
	machine_check_acknowledge(&queue, number);
	machine_check_acknowledge(&queue, again + 1);
	machine_check_acknowledge(&queue, 0);
	EXPECT_EQUAL(oldest(&number), 8);
	machine_check_acknowledge(&queue, again);
	EXPECT_EQUAL(oldest(&number), 0);
	machine_check_acknowledge(&queue, again + 1);
	EXPECT(add(9));
	EXPECT_EQUAL(oldest(&number), 9);
}

/* Full at every place of the ring. */
static void test_machine_check_full(void)
{
	uint64_t number;

	queue = (struct machine_check_queue){0};
	for (uint64_t start = 1; start < 3 * REPORTS_MAX; start++) {
		for (uint64_t i = 0; i < REPORTS_MAX; i++)
			EXPECT(add(start * 100 + i));
		EXPECT(!add(1));
		EXPECT(!add(2));
		for (uint64_t i = 0; i < REPORTS_MAX; i++) {
			EXPECT_EQUAL(oldest(&number), start * 100 + i);
			machine_check_acknowledge(&queue, number);
		}
		EXPECT_EQUAL(oldest(&number), 0);
		/* One on for the next round. */
		EXPECT(add(3));
		oldest(&number);
		machine_check_acknowledge(&queue, number);
	}
}

int main(void)
{
	RUN(test_machine_check_order);
	RUN(test_machine_check_full);
	return check_result();
}
