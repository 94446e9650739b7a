/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/backend_past.c - backend_past.h says what it is for. */
#include "dom0-tools/ensod/backend_past.h"

#define PAUSE_FIRST_MS 100

void backend_past_started(struct backend_past *past, uint64_t now_ms)
{
	past->started_ms = now_ms;
}

static uint64_t pause_after(unsigned int quick_deaths)
{
	uint64_t pause_ms = PAUSE_FIRST_MS;

	if (quick_deaths <= BACKEND_FORGIVEN)
		return 0;
	for (unsigned int i = BACKEND_FORGIVEN + 1;
	     i < quick_deaths && pause_ms < BACKEND_PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	return pause_ms < BACKEND_PAUSE_MAX_MS ? pause_ms : BACKEND_PAUSE_MAX_MS;
}

void backend_past_ended(struct backend_past *past, enum backend_end end, uint64_t now_ms)
{
	past->failed = end == BACKEND_END_FAILED;
	if (end != BACKEND_END_DIED || now_ms - past->started_ms >= BACKEND_QUICK_MS)
		past->quick_deaths = 0;
	else
		past->quick_deaths++;
	past->due_ms = now_ms + pause_after(past->quick_deaths);
}

enum backend_end backend_end_of(bool exited, int status)
{
	if (!exited || status > 1 || status < 0)
		return BACKEND_END_DIED;
	return status ? BACKEND_END_FAILED : BACKEND_END_DONE;
}
