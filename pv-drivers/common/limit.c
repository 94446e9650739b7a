/* SPDX-License-Identifier: MIT */
/* pv-drivers/common/limit.c - limit.h says what it is for. */
#include "pv-drivers/common/limit.h"

#define SECOND_NS  1000000000ULL
#define BURST_NS   (SECOND_NS / 10)
#define RATE_MOST  (1ULL << 32) /* of more nobody is a limit */
#define DEBT_LEAST (-(INT64_MAX / 2))

/* How long until the bucket is out of debt: 0 now. */
uint64_t limit_wait(struct limit *limit, uint64_t now_ns)
{
	uint64_t passed = now_ns - limit->last_ns;
	int64_t most;

	if (!limit->rate || limit->rate > RATE_MOST)
		return 0;
	most = (int64_t)(limit->rate * BURST_NS);
	if (limit->last_ns == 0 || now_ns < limit->last_ns)
		passed = BURST_NS;
	limit->last_ns = now_ns;
	/* More than what the bucket lacks cannot come in. */
	if (passed > (uint64_t)(most - limit->level) / limit->rate)
		limit->level = most;
	else
		limit->level += (int64_t)(passed * limit->rate);
	return limit->level > 0 ? 0 : (uint64_t)-limit->level / limit->rate + 1;
}

void limit_take(struct limit *limit, uint64_t units)
{
	if (!limit->rate || limit->rate > RATE_MOST)
		return;
	if (units > (uint64_t)(limit->level - DEBT_LEAST) / SECOND_NS)
		limit->level = DEBT_LEAST;
	else
		limit->level -= (int64_t)(units * SECOND_NS);
}
