/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/decide.c - decide.h says what it is for. */
#include "dom0-tools/ensod/decide.h"

#include <stdio.h>

/* 1, 2, 4, ... seconds. */
static uint64_t growing_pause(unsigned int n)
{
	uint64_t pause;

	if (n == 0)
		return 0;
	if (n > 6)
		return DECIDE_PAUSE_MAX_MS;
	pause = 1000ull << (n - 1);
	return pause < DECIDE_PAUSE_MAX_MS ? pause : DECIDE_PAUSE_MAX_MS;
}

/* A guest that somebody else's tool has made, from nobody knows what. */
static struct decision decide_on_unknown(enum domain_end end)
{
	struct decision decision = {.kind = DECIDE_LEAVE, .action = "no configuration"};

	if (end != DOMAIN_END_POWEROFF && end != DOMAIN_END_REBOOT)
		return decision;
	decision.kind = DECIDE_DESTROY;
	decision.pause_ms = DECIDE_STRANGER_MS;
	return decision;
}

static enum guest_action action_of(const struct guest_death *death, const char **name)
{
	switch (death->end) {
	case DOMAIN_END_POWEROFF:
		*name = "on_poweroff";
		return death->on_poweroff;
	case DOMAIN_END_REBOOT:
		*name = "on_reboot";
		return death->on_reboot;
	case DOMAIN_END_WATCHDOG:
		*name = "on_watchdog";
		return death->on_watchdog;
	default:
		*name = "on_crash";
		return death->on_crash;
	}
}

static void apply(struct decision *decision, enum guest_action action)
{
	switch (action) {
	case GUEST_ACTION_PRESERVE:
		decision->kind = DECIDE_LEAVE;
		break;
	case GUEST_ACTION_DESTROY:
		decision->kind = DECIDE_DESTROY;
		break;
	case GUEST_ACTION_RESTART:
		decision->kind = DECIDE_RESTART;
		break;
	case GUEST_ACTION_RENAME_RESTART:
		decision->kind = DECIDE_RENAME_RESTART;
		break;
	case GUEST_ACTION_DUMP_DESTROY:
		decision->kind = DECIDE_DESTROY;
		decision->core_wanted = true;
		break;
	case GUEST_ACTION_DUMP_RESTART:
		decision->kind = DECIDE_RESTART;
		decision->core_wanted = true;
		break;
	}
}

struct decision decide_on_death(const struct guest_death *death)
{
	struct decision decision = {.kind = DECIDE_LEAVE, .action = "suspended"};
	bool restarts;

	/* Whoever had it suspended wants it as it is. */
	if (death->end == DOMAIN_END_SUSPEND)
		return decision;
	if (!death->known)
		return decide_on_unknown(death->end);
	apply(&decision, action_of(death, &decision.action));
	if (death->stranger)
		decision.pause_ms = DECIDE_STRANGER_MS;
	restarts = decision.kind == DECIDE_RESTART || decision.kind == DECIDE_RENAME_RESTART;
	if (restarts && death->host_stopping) {
		decision.kind = DECIDE_DESTROY;
		decision.action = "the host stops";
		return decision;
	}
	if (!restarts || death->lived_ms >= DECIDE_QUICK_MS)
		return decision;
	decision.quick_deaths = death->quick_deaths + (death->quick_deaths < UINT32_MAX);
	if (growing_pause(decision.quick_deaths) > decision.pause_ms)
		decision.pause_ms = growing_pause(decision.quick_deaths);
	return decision;
}

bool decide_retry(unsigned int failures, uint64_t *pause_ms)
{
	*pause_ms = growing_pause(failures);
	return failures < DECIDE_BUILD_TRIES;
}

void decide_kept_name(const char *name, unsigned int n, char kept[GUEST_NAME_MAX + 1])
{
	char suffix[16];
	int length = snprintf(suffix, sizeof(suffix), "-%u", n);

	snprintf(kept, GUEST_NAME_MAX + 1, "%.*s%s", GUEST_NAME_MAX - length, name, suffix);
}
