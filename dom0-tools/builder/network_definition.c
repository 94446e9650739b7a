/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/network_definition.c - network_definition.h says what it is for. */
#include "dom0-tools/builder/network_definition.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/builder/networks.h"

static bool is_name(const char *name)
{
	size_t length = strlen(name);

	return length && length <= NETWORK_NAME_MAX && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		       length;
}

static bool is_bridge_name(const char *name)
{
	size_t length = strlen(name);

	return length && length < 16 && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       length;
}

bool network_definition_init(struct network_definition *definition, const char *name)
{
	memset(definition, 0, sizeof(*definition));
	if (!is_name(name))
		return false;
	snprintf(definition->name, sizeof(definition->name), "%s", name);
	/* The name of an interface is short. */
	snprintf(definition->bridge, sizeof(definition->bridge), "br-%.12s", name);
	definition->dhcp = definition->nat = true;
	return network_definition_set_address(definition, NETWORK_USUAL);
}

static uint32_t mask_of(const struct network_definition *definition)
{
	return 0xffffffffu << (32 - definition->prefix);
}

bool network_definition_set_address(struct network_definition *definition, const char *text)
{
	struct network_definition wanted = *definition;
	unsigned int parts[4];
	int used = 0;

	if (sscanf(text, "%3u.%3u.%3u.%3u/%2u%n", &parts[0], &parts[1], &parts[2], &parts[3],
		   &wanted.prefix, &used) != 5 ||
	    text[used] || strspn(text, "0123456789./") != strlen(text))
		return false;
	wanted.address = 0;
	for (int i = 0; i < 4; i++) {
		if (parts[i] > 255)
			return false;
		wanted.address = wanted.address << 8 | parts[i];
	}
	if (wanted.prefix < 8 || wanted.prefix > 30)
		return false;
	/* A host's own: not the network's nor the broadcast, nobody's loop, no multicast. */
	if (!(wanted.address & ~mask_of(&wanted)) || !(~wanted.address & ~mask_of(&wanted)) ||
	    parts[0] == 0 || parts[0] == 127 || parts[0] >= 224)
		return false;
	*definition = wanted;
	return true;
}

char *network_address_text(uint32_t address, char text[NETWORK_ADDRESS_TEXT])
{
	snprintf(text, NETWORK_ADDRESS_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
		 address >> 8 & 255, address & 255);
	return text;
}

void network_definition_range(const struct network_definition *definition, uint32_t *first,
			      uint32_t *last)
{
	uint32_t network = definition->address & mask_of(definition);
	uint32_t broadcast = network | ~mask_of(definition);

	/* The larger side of dom0's own address. */
	if (definition->address - network < broadcast - definition->address) {
		*first = definition->address + 1;
		*last = broadcast - 1;
	} else {
		*first = network + 1;
		*last = definition->address - 1;
	}
}

/* ---- JSON ---------------------------------------------------------------------- */

char *network_definition_print(const struct network_definition *definition)
{
	struct json_object *object = json_object_new_object();
	char address[NETWORK_ADDRESS_TEXT], whole[NETWORK_ADDRESS_TEXT + 4], *text = NULL;

	if (!object)
		return NULL;
	snprintf(whole, sizeof(whole), "%s/%u", network_address_text(definition->address, address),
		 definition->prefix);
	json_object_object_add(object, "name", json_object_new_string(definition->name));
	json_object_object_add(object, "bridge", json_object_new_string(definition->bridge));
	json_object_object_add(object, "address", json_object_new_string(whole));
	json_object_object_add(object, "dhcp", json_object_new_boolean(definition->dhcp));
	json_object_object_add(object, "nat", json_object_new_boolean(definition->nat));
	json_object_object_add(object, "autostart", json_object_new_boolean(definition->autostart));
	if (asprintf(&text, "%s\n",
		     json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY)) < 0)
		text = NULL;
	json_object_put(object);
	return text;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static bool flag_of(struct json_object *object, const char *key, bool otherwise)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_boolean(value)
							      : otherwise;
}

bool network_definition_parse(const char *text, struct network_definition *definition)
{
	struct json_object *object = json_tokener_parse(text);
	bool good = object && json_object_is_type(object, json_type_object) &&
		    network_definition_init(definition, text_of(object, "name")) &&
		    network_definition_set_address(definition, text_of(object, "address")) &&
		    is_bridge_name(text_of(object, "bridge"));

	if (good) {
		snprintf(definition->bridge, sizeof(definition->bridge), "%s",
			 text_of(object, "bridge"));
		definition->dhcp = flag_of(object, "dhcp", true);
		definition->nat = flag_of(object, "nat", true);
		definition->autostart = flag_of(object, "autostart", false);
	}
	json_object_put(object);
	return good;
}

/* ---- what other programs are told -------------------------------------------------- */

bool network_definition_dnsmasq(const struct network_definition *definition, char *text,
				size_t room)
{
	char own[NETWORK_ADDRESS_TEXT], first[NETWORK_ADDRESS_TEXT], last[NETWORK_ADDRESS_TEXT];
	uint32_t lowest, highest;
	int length;

	network_definition_range(definition, &lowest, &highest);
	length = snprintf(text, room,
			  "# Written by enso network start; changes are lost.\n"
			  "interface=%s\nexcept-interface=lo\nbind-dynamic\nlisten-address=%s\n"
			  "dhcp-range=%s,%s,12h\ndhcp-authoritative\ndhcp-leasefile=%s/%s.leases\n"
			  "pid-file=%s/%s.pid\nno-hosts\ndomain-needed\nbogus-priv\n",
			  definition->bridge, network_address_text(definition->address, own),
			  network_address_text(lowest, first), network_address_text(highest, last),
			  NETWORKS_DEFINED, definition->name, NETWORKS_RUNNING, definition->name);
	return length > 0 && (size_t)length < room;
}

/* The name of the table: nft's words have no hyphens. */
static void table_name(const struct network_definition *definition, char table[48])
{
	snprintf(table, 48, "enso_%s", definition->name);
	for (char *at = table; *at; at++)
		if (*at == '-')
			*at = '_';
}

bool network_definition_rules(const struct network_definition *definition, char *text, size_t room)
{
	char table[48], net[NETWORK_ADDRESS_TEXT];
	int length;

	table_name(definition, table);
	network_address_text(definition->address & mask_of(definition), net);
	length = snprintf(text, room,
			  "add table ip %s\nflush table ip %s\ntable ip %s {\n"
			  "chain postrouting { type nat hook postrouting priority 100; "
			  "policy accept; ip saddr %s/%u ip daddr != %s/%u masquerade; }\n"
			  /* From outside comes only what answers a guest. */
			  "chain forward { type filter hook forward priority 0; policy accept; "
			  "iifname != \"%s\" oifname \"%s\" ct state != { established, related } "
			  "drop; }\n}\n",
			  table, table, table, net, definition->prefix, net, definition->prefix,
			  definition->bridge, definition->bridge);
	return length > 0 && (size_t)length < room;
}

bool network_definition_no_rules(const struct network_definition *definition, char *text,
				 size_t room)
{
	char table[48];
	int length;

	table_name(definition, table);
	/* Added first, so that taking away what is not there is no failure. */
	length = snprintf(text, room, "add table ip %s\ndelete table ip %s\n", table, table);
	return length > 0 && (size_t)length < room;
}
