/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/waiting.c - waiting.h says what it is for. */
#include "dom0-tools/enso/waiting.h"

#include <errno.h>
#include <limits.h>

#include "dom0-tools/lib/timing.h"

int waiting_begin(struct waiting *waiting, struct invocation *invocation, uint64_t seconds,
		  unsigned int look_ms)
{
	int result = invocation_need_both(invocation);

	waiting->invocation = invocation;
	waiting->start_ns = timing_now_ns();
	waiting->deadline_ns = seconds ? waiting->start_ns + seconds * 1000000000 : 0;
	waiting->look_ms = look_ms;
	if (!result)
		result = waiting_watch(waiting, "@releaseDomain");
	if (!result)
		result = waiting_watch(waiting, "@introduceDomain");
	return result;
}

int waiting_watch(struct waiting *waiting, const char *path)
{
	struct failure failure = {0};
	int result = store_watch(waiting->invocation->store, path, "wait", &failure);

	/* A wait before this one has left it. */
	if (result == -EEXIST)
		return 0;
	if (result)
		waiting->invocation->failure = failure;
	return result;
}

int waiting_next(struct waiting *waiting)
{
	struct store *store = waiting->invocation->store;
	int timeout = (int)waiting->look_ms, result;
	struct store_event event;

	if (waiting->deadline_ns) {
		uint64_t now = timing_now_ns(), left;

		if (now >= waiting->deadline_ns)
			return 0;
		left = (waiting->deadline_ns - now) / 1000000 + 1;
		timeout = left < (uint64_t)timeout ? (int)left : timeout;
	}
	result = store_next_event(store, timeout, &event, &waiting->invocation->failure);
	if (result < 0)
		return result;
	/* One look is enough for all that has come meanwhile. */
	while (result == 1) {
		store_event_free(&event);
		result = store_next_event(store, 0, &event, &waiting->invocation->failure);
	}
	return result < 0 ? result : 1;
}

uint64_t waiting_passed_ms(const struct waiting *waiting)
{
	return (timing_now_ns() - waiting->start_ns) / 1000000;
}

uint64_t waiting_now_ms(void)
{
	return timing_now_ns() / 1000000;
}

int waiting_left_ms(uint64_t deadline_ms)
{
	uint64_t now = waiting_now_ms();

	if (deadline_ms == 0)
		return -1;
	if (now >= deadline_ms)
		return 0;
	return deadline_ms - now > INT_MAX ? INT_MAX : (int)(deadline_ms - now);
}
