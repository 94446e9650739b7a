/* SPDX-License-Identifier: MIT */
/*
 * xen-like/pv/port_policy.c - the table of ports that are not dom0's alone.
 *
 * dom0 drives the devices, so a port is its own unless a row says otherwise:
 * Enso keeps what its interrupts and its time depend on.
 */
#include "xen-like/pv/port_policy.h"

struct fixed_range {
	struct port_range range;
	enum port_rule rule;
};

static const struct fixed_range fixed[] = {
	{{0x20, 0x21}, PORT_DENIED}, /* first interrupt controller  */
	{{0x40, 0x43}, PORT_TIMER},
	{{0x61, 0x61}, PORT_TIMER},
	{{0x70, 0x71}, PORT_CMOS},
	{{0xa0, 0xa1}, PORT_DENIED}, /* second interrupt controller */
	{{0xcf8, 0xcfb}, PORT_PCI_ADDRESS},
	{{0xcfc, 0xcff}, PORT_PCI_DATA},
};

static bool overlaps(struct port_range range, uint32_t first, uint32_t last)
{
	return first <= range.last && last >= range.first;
}

enum port_rule port_policy_find(const struct port_range *kept, unsigned int count, uint16_t port,
				unsigned int bytes)
{
	enum port_rule rule = PORT_PLAIN;
	uint32_t last = port + bytes - 1;

	if (last > UINT16_MAX)
		return PORT_DENIED;
	for (unsigned int i = 0; i < count; i++)
		if (overlaps(kept[i], port, last))
			return PORT_DENIED;
	for (unsigned int i = 0; i < ARRAY_SIZE(fixed); i++)
		if (overlaps(fixed[i].range, port, last) && fixed[i].rule > rule)
			rule = fixed[i].rule;
	return rule;
}
