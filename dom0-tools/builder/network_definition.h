/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/builder/network_definition.h - a network of dom0's own, as it was defined:
 * a bridge with an address, DHCP and DNS for the guests on it, a way out by NAT.
 * NETWORKS_DEFINED/NAME.json has it.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xen-like/base/abi.h"

#define NETWORKS_DEFINED    "/var/lib/enso/networks"
#define NETWORK_NAME_MAX    32
#define NETWORK_USUAL	    "192.168.77.1/24"
#define NETWORK_RULES_BYTES 2048

struct network_definition {
	char name[NETWORK_NAME_MAX + 1]; /* letters, digits, - and _ */
	char bridge[16];
	uint32_t address;    /* dom0's, host byte order        */
	unsigned int prefix; /* 8 to 30                     */
	bool dhcp, nat, autostart;
};

/* The usual network of this name: NETWORK_USUAL, DHCP and NAT.  False: no such name. */
MUST_CHECK
bool network_definition_init(struct network_definition *definition, const char *name);

/* "10.1.2.1/24"; false: not an address a network can have. */
MUST_CHECK
bool network_definition_set_address(struct network_definition *definition, const char *text);

/* Dotted quad. */
#define NETWORK_ADDRESS_TEXT 16
char *network_address_text(uint32_t address, char text[NETWORK_ADDRESS_TEXT]);

/* The addresses that DHCP gives: all but the network's, dom0's and the broadcast. */
void network_definition_range(const struct network_definition *definition, uint32_t *first,
			      uint32_t *last);

/* As JSON, the caller's to free; NULL: out of memory. */
char *network_definition_print(const struct network_definition *definition);
/* False: it is none. */
MUST_CHECK
bool network_definition_parse(const char *text, struct network_definition *definition);

/* What dnsmasq(8) is to do, and nft(8)'s rules; false when there is no room. */
MUST_CHECK
bool network_definition_dnsmasq(const struct network_definition *definition, char *text,
				size_t room);
MUST_CHECK
bool network_definition_rules(const struct network_definition *definition, char *text, size_t room);
/* The rules that take those away. */
MUST_CHECK
bool network_definition_no_rules(const struct network_definition *definition, char *text,
				 size_t room);
