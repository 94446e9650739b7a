/* SPDX-License-Identifier: MIT */
/*
 * A guest that soon ends, or waits to be told (tests/scenario/soak, lifecycle).  Its command
 * line says how: life=poweroff, life=crash, life=fault (an exception nobody takes),
 * life=watchdog (one that nobody kicks), life=obey (until the store says so) or life=stay.
 * With say it speaks on its console, at its start and before it ends.
 */
#include "tests/guest/lib/hostile.h"

#define SHUTDOWN_NODE "control/shutdown"

static void speak(const char *line)
{
	if (hostile_word("say"))
		(void)console_put(line, strlen(line));
}

static void end(unsigned int reason)
{
	struct sched_shutdown shutdown = {.reason = reason};

	speak("its last words\n");
	call_sched(SCHEDOP_shutdown, &shutdown);
}

/* The watch only wakes us: what the node says is read. */
static void obey(void)
{
	static const char watch[] = SHUTDOWN_NODE "\0soak";
	char word[16];

	store_ask(XS_WATCH, 0, watch, sizeof(watch), NULL, 0);
	for (;;) {
		memset(word, 0, sizeof(word));
		store_ask(XS_READ, 0, SHUTDOWN_NODE, sizeof(SHUTDOWN_NODE), word, sizeof(word) - 1);
		if (word[0] == 'p')
			break;
		ring_wait(store_port, 1000000000);
	}
	/* Taken note of: an empty word. */
	store_ask(XS_WRITE, 0, SHUTDOWN_NODE, sizeof(SHUTDOWN_NODE), NULL, 0);
	end(SHUTDOWN_poweroff);
}

static void fault(void)
{
	speak("its last words\n");
	call_traps(NULL);
	asm volatile("ud2");
}

static void start_watchdog(void)
{
	struct sched_watchdog dog = {.timeout = 2};

	call_sched(SCHEDOP_watchdog, &dog);
}

void guest_main(void)
{
	if (!rings_init()) {
		expect_true("dom0-has-no-ring", store_ring == NULL);
		return;
	}
	speak("its first words\n");
	if (hostile_word("life=poweroff"))
		end(SHUTDOWN_poweroff);
	if (hostile_word("life=crash"))
		end(SHUTDOWN_crash);
	if (hostile_word("life=fault"))
		fault();
	if (hostile_word("life=watchdog"))
		start_watchdog();
	if (hostile_word("life=obey"))
		obey();
	for (;;)
		ring_wait(store_port, 1000000000);
}
