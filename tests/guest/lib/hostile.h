/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/lib/hostile.h - guests that attack for ever.
 *
 * An attack is a function that does a round of harm.  A guest without rights
 * goes on for ever with the one its command line names (attack=NAME), or with
 * all in turn; dom0, and so tests/guest/run, does a few rounds of each that
 * works there, and then claims that the machine is still there.
 */
#pragma once

#include "tests/guest/lib/rings.h"

struct attack {
	const char *name;
	void (*round)(void);
	bool guests_only; /* dom0 has not what it takes */
};

/* Returns in dom0 only. */
void hostile_run(const struct attack *attacks, size_t count);
/* Whether the command line has the word. */
bool hostile_word(const char *word);
/* Never the same, always the same from boot to boot. */
uint32_t hostile_random(void);
