/* SPDX-License-Identifier: MIT */
/* Which attack, and how often.  See hostile.h. */
#include "tests/guest/lib/hostile.h"

#define ROUNDS_IN_DOM0	3
#define ROUNDS_IN_TURN	50
#define ATTACK_NAME_MAX 24

bool hostile_word(const char *word)
{
	const char *line = (const char *)start_info->cmd_line;
	size_t length = strlen(word);

	for (size_t at = 0; at < MAX_GUEST_CMDLINE && line[at]; at++) {
		char end;

		if (memcmp(line + at, word, length) != 0 || (at && line[at - 1] != ' '))
			continue;
		end = line[at + length];
		if (end == '\0' || end == ' ')
			return true;
	}
	return false;
}

uint32_t hostile_random(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static bool is_wanted(const struct attack *attack)
{
	char word[ATTACK_NAME_MAX + 8] = "attack=";

	memcpy(word + 7, attack->name, strlen(attack->name) + 1);
	return hostile_word(word);
}

void hostile_run(const struct attack *attacks, size_t count)
{
	bool guest = rings_init();

	for (size_t i = 0; guest && i < count; i++) {
		while (is_wanted(&attacks[i]))
			attacks[i].round();
	}
	do {
		for (size_t i = 0; i < count; i++) {
			int rounds = guest ? ROUNDS_IN_TURN : ROUNDS_IN_DOM0;

			if (!guest && attacks[i].guests_only)
				continue;
			while (rounds--)
				attacks[i].round();
		}
	} while (guest);
}
