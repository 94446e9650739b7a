/* SPDX-License-Identifier: MIT */
/* pv-drivers/netback/groups.c - groups.h says what it is for. */
#include "pv-drivers/netback/groups.h"

#include <string.h>

void groups_begin(struct groups *groups, bool filtered)
{
	memset(groups, 0, sizeof(*groups));
	groups->filtered = filtered;
}

static uint32_t place_of(const struct groups *groups, const uint8_t address[6])
{
	uint32_t place = 0, count = MIN(groups->count, (uint32_t)GROUPS_MOST);

	while (place < count && memcmp(groups->address[place], address, 6) != 0)
		place++;
	return place;
}

/* The address first, then the count: whoever dies between leaves a list that is one. */
bool groups_add(struct groups *groups, const uint8_t address[6])
{
	uint32_t place = place_of(groups, address);

	if (!(address[0] & 1) || place == GROUPS_MOST)
		return false;
	if (place < groups->count)
		return true;
	memcpy(groups->address[place], address, 6);
	__atomic_store_n(&groups->count, place + 1, __ATOMIC_RELEASE);
	return true;
}

bool groups_remove(struct groups *groups, const uint8_t address[6])
{
	uint32_t place = place_of(groups, address);

	if (place >= groups->count)
		return false;
	memmove(groups->address[place], groups->address[groups->count - 1], 6);
	__atomic_store_n(&groups->count, groups->count - 1, __ATOMIC_RELEASE);
	return true;
}

bool groups_want(const struct groups *groups, const uint8_t to[6])
{
	static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return !groups->filtered || !(to[0] & 1) || memcmp(to, everybody, 6) == 0 ||
	       place_of(groups, to) < MIN(groups->count, (uint32_t)GROUPS_MOST);
}
