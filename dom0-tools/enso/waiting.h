/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/waiting.h - waiting for something that the store announces, or
 * that nobody does: a watch and a look now and then, with a deadline.
 */
#pragma once

#include "dom0-tools/enso/invocation.h"

struct waiting {
	struct invocation *invocation;
	uint64_t start_ns, deadline_ns; /* 0: no deadline */
	unsigned int look_ms;		/* at most so long without a look */
};

/* Watches domains coming and going, until `seconds` have passed (0: for ever). */
int MUST_CHECK
waiting_begin(struct waiting *waiting, struct invocation *invocation, uint64_t seconds,
	      unsigned int look_ms);

/* A further path whose changes are worth a look. */
int MUST_CHECK
waiting_watch(struct waiting *waiting, const char *path);

/* Until something happened or it is time for a look: 1, 0 when the deadline has passed, or -errno.
 */
int MUST_CHECK
waiting_next(struct waiting *waiting);

uint64_t waiting_passed_ms(const struct waiting *waiting);

/* Of a clock that never jumps. */
uint64_t waiting_now_ms(void);

/* For poll: how long until then; -1 when `deadline_ms` is 0. */
int waiting_left_ms(uint64_t deadline_ms);
