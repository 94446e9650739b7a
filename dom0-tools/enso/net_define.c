/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/net_define.c - the commands about dom0's own networks: network
 * define, start, stop, list, undefine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/builder/network_start.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/links.h"

static void describe(const struct network_definition *definition, struct json_object *object)
{
	char address[NETWORK_ADDRESS_TEXT], whole[NETWORK_ADDRESS_TEXT + 4];

	snprintf(whole, sizeof(whole), "%s/%u", network_address_text(definition->address, address),
		 definition->prefix);
	output_add_text(object, "name", definition->name);
	output_add_text(object, "bridge", definition->bridge);
	output_add_text(object, "address", whole);
	output_add_flag(object, "dhcp", definition->dhcp);
	output_add_flag(object, "nat", definition->nat);
	output_add_flag(object, "autostart", definition->autostart);
	output_add_flag(object, "running", network_is_running(definition->name));
}

static int print_one(struct invocation *invocation, const struct network_definition *definition)
{
	struct json_object *document;

	if (!invocation->json)
		return 0;
	document = output_begin(invocation);
	describe(definition, output_add_object(document, "network"));
	return output_print(invocation, document);
}

/* The network a command names; without a name the default one. */
static const char *name_of(const struct invocation *invocation)
{
	return invocation->arguments.count ? invocation->arguments.words[0] : GUEST_NETWORK_DEFAULT;
}

static int read_named(struct invocation *invocation, struct network_definition *definition)
{
	return network_read(name_of(invocation), definition, &invocation->failure);
}

static int read_options(struct invocation *invocation, struct network_definition *definition)
{
	const struct arguments *arguments = &invocation->arguments;
	const char *address = arguments_value(arguments, "address");
	const char *bridge = arguments_value(arguments, "bridge");

	if (!network_definition_init(definition, name_of(invocation)))
		return invocation_misused(invocation,
					  "a network's name has up to %d letters, digits, - and _",
					  NETWORK_NAME_MAX);
	if (address && !network_definition_set_address(definition, address))
		return invocation_misused(invocation, "--address is like %s, not '%s'",
					  NETWORK_USUAL, address);
	if (bridge && (!*bridge || strlen(bridge) > 15 || strpbrk(bridge, "/ \t\"%")))
		return invocation_misused(invocation, "--bridge is an interface's name, not '%s'",
					  bridge);
	if (bridge)
		snprintf(definition->bridge, sizeof(definition->bridge), "%s", bridge);
	definition->dhcp = !arguments_has(arguments, "no-dhcp");
	definition->nat = !arguments_has(arguments, "no-nat");
	definition->autostart = !arguments_has(arguments, "no-autostart");
	return 0;
}

int command_network_define(struct invocation *invocation)
{
	struct network_definition definition;
	int result = read_options(invocation, &definition);

	if (result)
		return result;
	if (network_is_running(definition.name))
		return failure_set(&invocation->failure, EBUSY, definition.name,
				   "`enso network stop` stops it", "this network is running");
	result = network_write(&definition, &invocation->failure);
	return result ? result : print_one(invocation, &definition);
}

int command_network_start(struct invocation *invocation)
{
	struct network_definition definition;
	struct failure why = {0};
	int result = network_read(name_of(invocation), &definition, &why);

	/* The default one need not be defined by anybody. */
	if (result == -ENOENT && !strcmp(name_of(invocation), GUEST_NETWORK_DEFAULT) &&
	    network_definition_init(&definition, GUEST_NETWORK_DEFAULT)) {
		definition.autostart = true;
		result = network_write(&definition, &invocation->failure);
	} else if (result) {
		invocation->failure = why;
	}
	if (!result)
		result = network_start(&definition, &invocation->failure);
	return result ? result : print_one(invocation, &definition);
}

int command_network_stop(struct invocation *invocation)
{
	struct network_definition definition;
	int result = read_named(invocation, &definition);

	if (!result)
		result = network_stop(&definition, &invocation->failure);
	return result ? result : print_one(invocation, &definition);
}

int command_network_undefine(struct invocation *invocation)
{
	struct network_definition definition;
	char path[160];
	int result = read_named(invocation, &definition);

	if (result)
		return result;
	if (network_is_running(definition.name))
		return failure_set(&invocation->failure, EBUSY, definition.name,
				   "`enso network stop` stops it", "this network is running");
	snprintf(path, sizeof(path), NETWORKS_DEFINED "/%s.leases", definition.name);
	(void)!unlink(path);
	snprintf(path, sizeof(path), NETWORKS_DEFINED "/%s.json", definition.name);
	if (unlink(path) != 0)
		return failure_set(&invocation->failure, errno, path, NULL,
				   "it cannot be removed: %s", strerror(errno));
	return print_one(invocation, &definition);
}

static void print_row(const struct network_definition *definition)
{
	char address[NETWORK_ADDRESS_TEXT], whole[NETWORK_ADDRESS_TEXT + 4];

	snprintf(whole, sizeof(whole), "%s/%u", network_address_text(definition->address, address),
		 definition->prefix);
	printf("%-16s %-8s %-15s %-18s %-4s %-3s %s\n", definition->name,
	       network_is_running(definition->name) ? "running" : "stopped", definition->bridge,
	       whole, definition->dhcp ? "yes" : "no", definition->nat ? "yes" : "no",
	       definition->autostart ? "yes" : "no");
}

int command_network_networks(struct invocation *invocation)
{
	struct json_object *document = NULL, *array = NULL;
	struct network_definition definition;
	char **names;
	size_t count;
	int result = network_list_defined(&names, &count, &invocation->failure);

	if (result)
		return result;
	if (invocation->json) {
		document = output_begin(invocation);
		array = output_add_array(document, "networks");
	} else {
		printf("%-16s %-8s %-15s %-18s %-4s %-3s %s\n", "NAME", "STATE", "BRIDGE",
		       "ADDRESS", "DHCP", "NAT", "AUTOSTART");
	}
	for (size_t i = 0; i < count; i++) {
		struct failure why = {0};

		if (!network_read(names[i], &definition, &why)) {
			if (array)
				describe(&definition, output_append_object(array));
			else
				print_row(&definition);
		} else {
			fprintf(stderr, "enso: %s: %s\n", why.object, why.cause);
		}
		free(names[i]);
	}
	free(names);
	return document ? output_print(invocation, document) : 0;
}
