/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/ip_addresses.h - [p] the addresses that an interface may send from: IPv4
 * and IPv6, with blanks between them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define IP_ADDRESSES_MOST 16

struct ip_address {
	bool is_ipv6;
	uint8_t bytes[16]; /* network order; of IPv4 the first four */
};

struct ip_addresses {
	uint32_t count;
	struct ip_address list[IP_ADDRESSES_MOST];
};

/* False: one of them is no address (of a host: without a prefix), or they are too many. */
bool ip_addresses_parse(const char *text, struct ip_addresses *addresses);
