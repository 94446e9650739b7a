/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/ip_addresses.c - ip_addresses.h says what it is for. */
#include "dom0-tools/lib/ip_addresses.h"

#include <arpa/inet.h>
#include <string.h>

static bool parse_one(const char *text, size_t length, struct ip_address *address)
{
	char one[INET6_ADDRSTRLEN];

	if (length >= sizeof(one))
		return false;
	memcpy(one, text, length);
	one[length] = 0;
	memset(address, 0, sizeof(*address));
	address->is_ipv6 = strchr(one, ':') != NULL;
	return inet_pton(address->is_ipv6 ? AF_INET6 : AF_INET, one, address->bytes) == 1;
}

bool ip_addresses_parse(const char *text, struct ip_addresses *addresses)
{
	addresses->count = 0;
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");

		if (addresses->count == IP_ADDRESSES_MOST ||
		    !parse_one(text, length, &addresses->list[addresses->count++]))
			return false;
		text += length;
	}
	return true;
}
