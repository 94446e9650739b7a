/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/enso/network.c - the commands about guests' network interfaces:
 * network-attach and so on.  net_*.c have dom0's own networks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/enso/devices.h"
#include "dom0-tools/enso/handlers.h"
#include "dom0-tools/enso/kept.h"
#include "dom0-tools/enso/output.h"
#include "dom0-tools/lib/text.h"

enum { NET_MAC, NET_STATE, NET_BRIDGE, NET_INTERFACE };
static const char *const net_nodes[] = {"mac", "state", "bridge", "ifname", NULL};

static const char *fact(const struct device_facts *facts, int which)
{
	return facts->values[which] ? facts->values[which] : "";
}

static const char *state_of(const struct device_facts *facts)
{
	return device_state_name((unsigned int)strtoul(fact(facts, NET_STATE), NULL, 10));
}

static void describe(const struct device_facts *facts, struct json_object *object)
{
	char path[DEVICE_PATH];

	device_back_path(path, &facts->device);
	output_add_number(object, "handle", facts->device.number);
	output_add_text(object, "mac", fact(facts, NET_MAC));
	output_add_text(object, "bridge", fact(facts, NET_BRIDGE));
	output_add_text(object, "interface", fact(facts, NET_INTERFACE));
	output_add_text(object, "driver", facts->device.by_kernel ? "kernel" : "enso");
	output_add_text(object, "state", state_of(facts));
	output_add_text(object, "backend", path);
}

static int read_facts(struct invocation *invocation, const struct guest *guest,
		      struct device_facts **facts, size_t *count)
{
	return devices_read_facts(invocation, guest, DEVICE_NETWORK, net_nodes, facts, count);
}

/* ---- network-attach ---------------------------------------------------------------- */

static int attach(struct invocation *invocation, const struct guest *guest,
		  const struct guest_network_config *network, uint32_t *handle)
{
	const struct device_wishes wishes = {
		.domid = guest->info.domid,
		.object = guest_label(guest),
		.networks = network,
		.network_count = 1,
	};

	return devices_arrive(invocation, &wishes, handle);
}

/* Takes the interface of this address out of the configuration; whether it was there. */
static bool drop_network(struct guest_config *config, const uint8_t mac[6])
{
	for (size_t i = 0; i < config->network_count; i++) {
		struct guest_network_config *network = &config->networks[i], gone = *network;

		if (memcmp(network->mac, mac, sizeof(network->mac)) != 0)
			continue;
		config->network_count--;
		memmove(network, network + 1, (config->network_count - i) * sizeof(*network));
		free(gone.bridge);
		free(gone.network);
		free(gone.script);
		free(gone.address);
		free(gone.model);
		free(gone.device);
		return true;
	}
	return false;
}

/* Into a kept configuration: the next start shall have it, too. */
static int keep_network(struct guest_config *config, void *context, struct failure *failure)
{
	struct guest_network_config *network = context, *more;

	/* One that was detached only for now is in there still. */
	(void)drop_network(config, network->mac);
	more = guest_config_add_network(config);
	if (!more)
		return failure_set(failure, ENOMEM, "enso", NULL, "out of memory");
	/* Its strings move over. */
	*more = *network;
	memset(network, 0, sizeof(*network));
	return 1;
}

static int print_network(struct invocation *invocation, const struct guest *guest, uint32_t handle)
{
	struct device_facts *facts;
	size_t count;
	int result = read_facts(invocation, guest, &facts, &count);

	for (size_t i = 0; !result && i < count; i++) {
		struct json_object *document;

		if (facts[i].device.number != handle)
			continue;
		document = output_begin(invocation);
		guest_describe(guest, output_add_object(document, "guest"));
		describe(&facts[i], output_add_object(document, "network"));
		result = output_print(invocation, document);
		break;
	}
	devices_free_facts(facts, count);
	return result;
}

static int read_network(struct invocation *invocation, struct guest_config **config)
{
	const char *name = arguments_value(&invocation->arguments, "network");
	struct guest_network_config *network;
	int result = devices_read_words(invocation, "vif", config);

	if (result)
		return result;
	network = &(*config)->networks[0];
	if (name && network->bridge)
		return invocation_misused(invocation, "either bridge= or --network, not both");
	if (name && !(network->network = strdup(name)))
		return failure_set(&invocation->failure, ENOMEM, "enso", NULL, "out of memory");
	return devices_read_driver(invocation, &network->driver);
}

int command_network_attach(struct invocation *invocation)
{
	struct guest_config *config = NULL;
	struct guest guest;
	uint32_t handle = 0;
	int result = read_network(invocation, &config);

	if (!result)
		device_choose_network_driver(&config->networks[0]);
	/* Given or made: from now on it is its own. */
	if (!result)
		config->networks[0].mac_given = true;
	if (!result)
		result = devices_find_guest(invocation, &guest);
	if (!result)
		result = attach(invocation, &guest, &config->networks[0], &handle);
	if (!result && !arguments_has(&invocation->arguments, "now"))
		result = kept_change(invocation, &guest, keep_network, &config->networks[0]);
	guest_config_free(config);
	return result || !invocation->json ? result : print_network(invocation, &guest, handle);
}

/* ---- network-detach ---------------------------------------------------------------- */

static int find_network(struct invocation *invocation, const struct guest *guest,
			struct device_facts **facts, size_t *count, struct device_facts **found)
{
	const char *word = invocation->arguments.words[1];
	uint64_t handle = UINT64_MAX;
	int result = read_facts(invocation, guest, facts, count);

	if (result)
		return result;
	(void)!text_parse_number(word, 0, UINT32_MAX, &handle);
	for (size_t i = 0; i < *count; i++) {
		*found = &(*facts)[i];
		if ((*found)->device.number == handle || !strcasecmp(fact(*found, NET_MAC), word))
			return 0;
	}
	return failure_set(&invocation->failure, ENOENT, guest_label(guest),
			   "`enso network-list` shows its interfaces",
			   "it has no network interface %s", word);
}

/* The next start shall not have it either. */
static int forget_network(struct guest_config *config, void *context, struct failure *failure)
{
	uint8_t mac[6];

	(void)failure;
	return guest_mac_parse(context, mac) && drop_network(config, mac);
}

int command_network_detach(struct invocation *invocation)
{
	struct device_facts *facts = NULL, *found = NULL;
	struct json_object *document;
	size_t count = 0;
	struct guest guest;
	char what[48];
	int result = devices_find_guest(invocation, &guest);

	if (!result)
		result = find_network(invocation, &guest, &facts, &count, &found);
	if (!result && !arguments_has(&invocation->arguments, "now"))
		result = kept_change(invocation, &guest, forget_network,
				     (void *)fact(found, NET_MAC));
	if (!result) {
		snprintf(what, sizeof(what), "network interface %u", found->device.number);
		result = devices_detach(invocation, &guest, &found->device, what);
	}
	if (!result && invocation->json) {
		document = output_begin(invocation);
		guest_describe(&guest, output_add_object(document, "guest"));
		output_add_number(document, "handle", found->device.number);
		result = output_print(invocation, document);
	}
	devices_free_facts(facts, count);
	return result;
}

/* ---- network-list ------------------------------------------------------------------ */

static void print_row(const struct invocation *invocation, const struct guest *guest,
		      const struct device_facts *facts)
{
	char path[DEVICE_PATH];

	device_back_path(path, &facts->device);
	if (invocation->like_xl)
		printf("%-3u %-2d %-17s %-6u %-5s %-6s %5s/%-11s %-30s\n", facts->device.number, 0,
		       fact(facts, NET_MAC), facts->device.number, fact(facts, NET_STATE), "-1",
		       "-1", "-1", path);
	else
		printf("%-16s %-6u %-17s %-10s %-15s %-15s %s\n", guest->name, facts->device.number,
		       fact(facts, NET_MAC), state_of(facts), fact(facts, NET_BRIDGE),
		       fact(facts, NET_INTERFACE), facts->device.by_kernel ? "kernel" : "enso");
}

static int list_networks(struct invocation *invocation, const struct guest *guest,
			 struct json_object *array)
{
	struct device_facts *facts;
	size_t count;
	int result = read_facts(invocation, guest, &facts, &count);

	for (size_t i = 0; !result && i < count; i++) {
		struct json_object *object = array ? output_append_object(array) : NULL;

		if (!array) {
			print_row(invocation, guest, &facts[i]);
			continue;
		}
		output_add_text(object, "guest", guest->name);
		output_add_number(object, "id", guest->info.domid);
		describe(&facts[i], object);
	}
	devices_free_facts(facts, count);
	return result;
}

int command_network_list(struct invocation *invocation)
{
	struct json_object *document = NULL, *array = NULL;
	struct guest *guests = NULL;
	size_t count = 0;
	int result = invocation_need_both(invocation);

	if (!result)
		result = guests_selected(invocation, &guests, &count);
	if (result)
		return result;
	if (invocation->json) {
		document = output_begin(invocation);
		array = output_add_array(document, "networks");
	} else if (invocation->like_xl) {
		printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-11s %-30s\n", "Idx", "BE", "Mac Addr.",
		       "handle", "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");
	} else {
		printf("%-16s %-6s %-17s %-10s %-15s %-15s %s\n", "GUEST", "HANDLE", "MAC", "STATE",
		       "BRIDGE", "INTERFACE", "DRIVER");
	}
	for (size_t i = 0; !result && i < count; i++)
		result = list_networks(invocation, &guests[i], array);
	free(guests);
	if (!result && document)
		return output_print(invocation, document);
	output_drop(document);
	return result;
}
