/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/links.h - dom0's network interfaces, by rtnetlink: bridges made,
 * interfaces put into them and set up.  No other program is asked.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

/* The interface's index, 0 if there is none of this name. */
unsigned int link_find(const char *name);

/* Makes a bridge; that there is one already is no failure. */
int MUST_CHECK
link_make_bridge(const char *name, struct failure *failure);
/* That it is not there is no failure. */
int MUST_CHECK
link_remove(const char *name, struct failure *failure);

struct link_changes {
	const char *rename; /* NULL: it keeps its name           */
	const char *bridge; /* to be put into; NULL: as it is    */
	uint32_t mtu;	    /* 0: as it is                       */
	const uint8_t *mac; /* 6 bytes; NULL: as it is           */
	bool up;
};

int MUST_CHECK
link_change(const char *name, const struct link_changes *changes, struct failure *failure);

/* What it sends without a tag is in this VLAN (1 to 4094) of its bridge, and nothing else is. */
int MUST_CHECK
link_set_vlan(const char *name, uint16_t vlan, struct failure *failure);

/* Gives it an IPv4 address (network order); that it has it already is no failure. */
int MUST_CHECK
link_add_address(const char *name, uint32_t address, unsigned int prefix, struct failure *failure);
