// needs: dom0-tools/builder/network_definition.c
// libs: -ljson-c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_network_definition.c - dom0's own networks, as they are defined, kept
 * and told to others.
 */
#include "tests/unit/check.h"

#include <stdlib.h>

#include "dom0-tools/builder/network_definition.h"

static void test_network_names(void)
{
	static const char *const bad[] = {
		"", "-x", "a/b", "..", "a b", "a\nb", "name\"", "012345678901234567890123456789012",
	};
	struct network_definition definition;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT(!network_definition_init(&definition, bad[i]));
	EXPECT(network_definition_init(&definition, "default"));
	EXPECT(!strcmp(definition.bridge, "br-default"));
	EXPECT(definition.dhcp && definition.nat && !definition.autostart);
	EXPECT(network_definition_init(&definition, "a-very-long-name_that_is_cut"));
	EXPECT_EQUAL(strlen(definition.bridge), 15);
}

static void test_network_addresses(void)
{
	static const char *const bad[] = {
		"",
		"10.0.0.1",
		"10.0.0.1/7",
		"10.0.0.1/31",
		"10.0.0.0/24",
		"10.0.0.255/24",
		"256.0.0.1/24",
		"127.0.0.1/8",
		"224.0.0.1/24",
		"0.0.0.1/24",
		"10.0.0.1/24 ",
		" 10.0.0.1/24",
		"10.0.0.1/24x",
		"-10.0.0.1/24",
		"10.0.0.1/240",
		"10.0..1/24",
		"10.0.0.1.2/24",
		"::1/24",
	};
	struct network_definition definition;

	EXPECT(network_definition_init(&definition, "n"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (network_definition_set_address(&definition, bad[i]))
			check_fail(__FILE__, __LINE__, bad[i]);
	EXPECT_EQUAL(definition.address, 0xc0a84d01); /* as it was */
	EXPECT(network_definition_set_address(&definition, "10.1.2.3/16"));
	EXPECT_EQUAL(definition.address, 0x0a010203);
	EXPECT_EQUAL(definition.prefix, 16);
}

/* DHCP gives what is dom0's side of neither end, and never dom0's own. */
static void test_network_ranges(void)
{
	static const char *const addresses[] = {
		"10.0.0.1/24", "10.0.0.254/24", "10.0.0.100/24", "10.0.0.1/30", "10.0.0.2/30",
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct network_definition definition;
		uint32_t first, last, mask;

		EXPECT(network_definition_init(&definition, "n"));
		EXPECT(network_definition_set_address(&definition, addresses[i]));
		network_definition_range(&definition, &first, &last);
		mask = 0xffffffffu << (32 - definition.prefix);
		EXPECT(first <= last);
		EXPECT((first & mask) == (definition.address & mask) && (first & ~mask) != 0);
		EXPECT((last & mask) == (definition.address & mask) && (last & ~mask) != ~mask);
		EXPECT(definition.address < first || definition.address > last);
	}
}

static void test_network_kept_and_read(void)
{
	struct network_definition definition, read;
	char *text;

	EXPECT(network_definition_init(&definition, "lab"));
	EXPECT(network_definition_set_address(&definition, "172.16.5.1/22"));
	snprintf(definition.bridge, sizeof(definition.bridge), "br-lab.5");
	definition.nat = false;
	definition.autostart = true;
	text = network_definition_print(&definition);
	EXPECT(text && network_definition_parse(text, &read));
	EXPECT(!memcmp(&definition, &read, sizeof(read)));
	free(text);
}

static void test_network_malformed(void)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"null",
		"{}",
		"{\"name\":\"n\"}",
		"{\"name\":1}",
		"{\"name\":\"n\",\"address\":\"10.0.0.1/24\"}",
		"{\"name\":\"n\",\"address\":\"10.0.0.1/24\",\"bridge\":\"a b\"}",
		"{\"name\":\"n\",\"address\":\"10.0.0.1/24\",\"bridge\":\"x\\\"; drop\"}",
		"{\"name\":\"../n\",\"address\":\"10.0.0.1/24\",\"bridge\":\"b\"}",
	};
	struct network_definition definition;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (network_definition_parse(bad[i], &definition))
			check_fail(__FILE__, __LINE__, bad[i]);
}

static void test_network_what_others_are_told(void)
{
	struct network_definition definition;
	char text[NETWORK_RULES_BYTES];

	EXPECT(network_definition_init(&definition, "my-net"));
	EXPECT(network_definition_dnsmasq(&definition, text, sizeof(text)));
	EXPECT(strstr(text, "\ninterface=br-my-net\n") || strstr(text, "interface=br-my-net\n"));
	EXPECT(strstr(text, "dhcp-range=192.168.77.2,192.168.77.254,12h\n"));
	EXPECT(network_definition_rules(&definition, text, sizeof(text)));
	EXPECT(strstr(text, "table ip enso_my_net {"));
	EXPECT(strstr(text, "ip saddr 192.168.77.0/24 ip daddr != 192.168.77.0/24 masquerade"));
	EXPECT(network_definition_no_rules(&definition, text, sizeof(text)));
	EXPECT(strstr(text, "delete table ip enso_my_net\n"));
	EXPECT(!network_definition_rules(&definition, text, 100));
}

int main(void)
{
	RUN(test_network_names);
	RUN(test_network_addresses);
	RUN(test_network_ranges);
	RUN(test_network_kept_and_read);
	RUN(test_network_malformed);
	RUN(test_network_what_others_are_told);
	return check_result();
}
