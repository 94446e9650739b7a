// needs: dom0-tools/ensod/decide.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_ensod_decide.c - what becomes of a guest that has ended, for every
 * way to end and every action.
 */
#include "tests/unit/check.h"

#include "dom0-tools/ensod/decide.h"

static struct guest_death a_death(enum domain_end end)
{
	return (struct guest_death){
		.end = end,
		.known = true,
		.on_poweroff = GUEST_ACTION_DESTROY,
		.on_reboot = GUEST_ACTION_RESTART,
		.on_crash = GUEST_ACTION_PRESERVE,
		.on_watchdog = GUEST_ACTION_RENAME_RESTART,
		.lived_ms = 3600000,
	};
}

static void test_decide_each_end_has_its_action(void)
{
	static const struct {
		enum domain_end end;
		enum decision_kind kind;
		const char *action;
	} rows[] = {
		{DOMAIN_END_POWEROFF, DECIDE_DESTROY, "on_poweroff"},
		{DOMAIN_END_REBOOT, DECIDE_RESTART, "on_reboot"},
		{DOMAIN_END_CRASH, DECIDE_LEAVE, "on_crash"},
		{DOMAIN_END_WATCHDOG, DECIDE_RENAME_RESTART, "on_watchdog"},
		{DOMAIN_END_SUSPEND, DECIDE_LEAVE, "suspended"},
		/* Codes that nobody knows yet are treated as a crash. */
		{(enum domain_end)5, DECIDE_LEAVE, "on_crash"},
		{(enum domain_end)255, DECIDE_LEAVE, "on_crash"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest_death death = a_death(rows[i].end);
		struct decision decision = decide_on_death(&death);

		EXPECT_EQUAL(decision.kind, rows[i].kind);
		EXPECT(!strcmp(decision.action, rows[i].action));
		EXPECT_EQUAL(decision.pause_ms, 0);
		EXPECT_EQUAL(decision.quick_deaths, 0);
	}
}

static void test_decide_each_action(void)
{
	static const struct {
		enum guest_action action;
		enum decision_kind kind;
		bool core;
	} rows[] = {
		{GUEST_ACTION_DESTROY, DECIDE_DESTROY, false},
		{GUEST_ACTION_RESTART, DECIDE_RESTART, false},
		{GUEST_ACTION_PRESERVE, DECIDE_LEAVE, false},
		{GUEST_ACTION_RENAME_RESTART, DECIDE_RENAME_RESTART, false},
		{GUEST_ACTION_DUMP_DESTROY, DECIDE_DESTROY, true},
		{GUEST_ACTION_DUMP_RESTART, DECIDE_RESTART, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest_death death = a_death(DOMAIN_END_CRASH);
		struct decision decision;

		death.on_crash = rows[i].action;
		decision = decide_on_death(&death);
		EXPECT_EQUAL(decision.kind, rows[i].kind);
		EXPECT_EQUAL(decision.core_wanted, rows[i].core);
	}
}

/* Its maker has time to see to it; then what its configuration says is done. */
static void test_decide_stranger_waits(void)
{
	struct guest_death death = a_death(DOMAIN_END_REBOOT);
	struct decision decision;

	death.stranger = true;
	decision = decide_on_death(&death);
	EXPECT_EQUAL(decision.kind, DECIDE_RESTART);
	EXPECT_EQUAL(decision.pause_ms, DECIDE_STRANGER_MS);
	death.lived_ms = DECIDE_QUICK_MS - 1;
	EXPECT_EQUAL(decide_on_death(&death).pause_ms, DECIDE_STRANGER_MS);
	death.quick_deaths = 6;
	EXPECT_EQUAL(decide_on_death(&death).pause_ms, DECIDE_PAUSE_MAX_MS);
	death.end = DOMAIN_END_CRASH;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_LEAVE);
}

static void test_decide_quick_deaths_slow_restarts_down(void)
{
	static const uint64_t pauses[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct guest_death death = a_death(DOMAIN_END_REBOOT);
	struct decision decision;

	death.lived_ms = DECIDE_QUICK_MS - 1;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		decision = decide_on_death(&death);
		EXPECT_EQUAL(decision.kind, DECIDE_RESTART);
		EXPECT_EQUAL(decision.pause_ms, pauses[i]);
		EXPECT_EQUAL(decision.quick_deaths, i + 1);
		death.quick_deaths = decision.quick_deaths;
	}
	/* One life that was long enough, and all is forgiven. */
	death.lived_ms = DECIDE_QUICK_MS;
	decision = decide_on_death(&death);
	EXPECT_EQUAL(decision.pause_ms, 0);
	EXPECT_EQUAL(decision.quick_deaths, 0);
	death.lived_ms = 0;
	death.quick_deaths = UINT32_MAX;
	decision = decide_on_death(&death);
	EXPECT_EQUAL(decision.quick_deaths, UINT32_MAX);
	EXPECT_EQUAL(decision.pause_ms, DECIDE_PAUSE_MAX_MS);
}

static void test_decide_only_restarts_wait(void)
{
	struct guest_death death = a_death(DOMAIN_END_POWEROFF);
	struct decision decision;

	death.lived_ms = 1;
	death.quick_deaths = 5;
	decision = decide_on_death(&death);
	EXPECT_EQUAL(decision.kind, DECIDE_DESTROY);
	EXPECT_EQUAL(decision.pause_ms, 0);
}

static void test_decide_nothing_starts_when_the_host_stops(void)
{
	struct guest_death death = a_death(DOMAIN_END_REBOOT);

	death.host_stopping = true;
	death.lived_ms = 1;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_DESTROY);
	EXPECT_EQUAL(decide_on_death(&death).pause_ms, 0);
	death.end = DOMAIN_END_WATCHDOG;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_DESTROY);
	/* What was to be kept is kept. */
	death.end = DOMAIN_END_CRASH;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_LEAVE);
	death.end = DOMAIN_END_SUSPEND;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_LEAVE);
}

static void test_decide_strangers(void)
{
	struct guest_death death = a_death(DOMAIN_END_POWEROFF);

	death.known = false;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_DESTROY);
	EXPECT_EQUAL(decide_on_death(&death).pause_ms, DECIDE_STRANGER_MS);
	death.end = DOMAIN_END_REBOOT;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_DESTROY);
	death.end = DOMAIN_END_CRASH;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_LEAVE);
	death.end = DOMAIN_END_SUSPEND;
	EXPECT_EQUAL(decide_on_death(&death).kind, DECIDE_LEAVE);
}

static void test_decide_builds_are_tried_again(void)
{
	uint64_t pause, last = 0;
	unsigned int tries = 1;

	for (; decide_retry(tries, &pause); tries++) {
		EXPECT(pause >= last && pause > 0 && pause <= DECIDE_PAUSE_MAX_MS);
		last = pause;
	}
	EXPECT_EQUAL(tries, DECIDE_BUILD_TRIES);
}

static void test_decide_kept_names(void)
{
	char kept[GUEST_NAME_MAX + 1], longest[GUEST_NAME_MAX + 1];

	decide_kept_name("web1", 2, kept);
	EXPECT(!strcmp(kept, "web1-2"));
	memset(longest, 'x', GUEST_NAME_MAX);
	longest[GUEST_NAME_MAX] = 0;
	decide_kept_name(longest, 4294967295u, kept);
	EXPECT_EQUAL(strlen(kept), GUEST_NAME_MAX);
	EXPECT(!strcmp(kept + GUEST_NAME_MAX - 11, "-4294967295"));
}

int main(void)
{
	RUN(test_decide_each_end_has_its_action);
	RUN(test_decide_each_action);
	RUN(test_decide_stranger_waits);
	RUN(test_decide_quick_deaths_slow_restarts_down);
	RUN(test_decide_only_restarts_wait);
	RUN(test_decide_nothing_starts_when_the_host_stops);
	RUN(test_decide_strangers);
	RUN(test_decide_builds_are_tried_again);
	RUN(test_decide_kept_names);
	return check_result();
}
