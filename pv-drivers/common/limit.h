/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/limit.h - [p] so much a second and no more: a bucket that
 * fills at `rate` and holds a tenth of a second, or one request if that is more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct limit {
	uint64_t rate; /* units a second; 0: no limit      */
	int64_t level; /* units times 10^9; may be in debt */
	uint64_t last_ns;
};

/*
 * How long until units may be used: 0 now, else nanoseconds after which to ask again.
 * Whoever may then takes what it needs, into debt if need be: a request is never split.
 */
uint64_t limit_wait(struct limit *limit, uint64_t now_ns);
void limit_take(struct limit *limit, uint64_t units);
