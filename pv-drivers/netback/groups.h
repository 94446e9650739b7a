/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/netback/groups.h - [p] which multicast frames a guest wants: all, unless it has
 * asked to be given only those of groups that it names (<xen/io/netif.h>,
 * request-multicast-control).
 *
 * In memory that outlives the process: a guest says so once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "xen-like/base/abi.h"

#define GROUPS_MOST 64

struct groups {
	bool filtered;
	uint32_t count; /* of these; whoever finds more than there is room for has no list */
	uint8_t address[GROUPS_MOST][6];
};

/* Nothing is wanted yet, or all is. */
void groups_begin(struct groups *groups, bool filtered);
/* What the guest says; false: it has said too much, or of what is no group. */
bool MUST_CHECK
groups_add(struct groups *groups, const uint8_t address[6]);
bool MUST_CHECK
groups_remove(struct groups *groups, const uint8_t address[6]);
/* Whether a frame to this address is for the guest. */
bool groups_want(const struct groups *groups, const uint8_t to[6]);
