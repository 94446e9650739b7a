/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/network_start.c - network_start.h says what it is for. */
#include "dom0-tools/builder/network_start.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/links.h"

#define DEFINITION_BYTES 4096
#define PATH_ROOM	 160

static void object_of(const struct network_definition *definition, char object[64])
{
	snprintf(object, 64, "network %s", definition->name);
}

static void running_path(const struct network_definition *definition, const char *suffix,
			 char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, NETWORKS_RUNNING "/%s%s", definition->name, suffix);
}

/* ---- definitions ------------------------------------------------------------------ */

int network_read(const char *name, struct network_definition *definition, struct failure *failure)
{
	char path[PATH_ROOM], *text;
	size_t bytes;
	bool good;

	/* Also that it is a name, and no path. */
	if (!network_definition_init(definition, name))
		return failure_set(failure, EINVAL, name, NULL,
				   "a network's name has up to %d letters, digits, - and _",
				   NETWORK_NAME_MAX);
	snprintf(path, sizeof(path), NETWORKS_DEFINED "/%s.json", name);
	if (access(path, F_OK) != 0)
		return failure_set(failure, ENOENT, name, "`enso network define` makes one",
				   "there is no such network");
	if (files_read_whole(path, DEFINITION_BYTES, &text, &bytes, failure))
		return -EIO;
	good = network_definition_parse(text, definition) && !strcmp(definition->name, name);
	free(text);
	return good ? 0
		    : failure_set(failure, EINVAL, path, "define the network anew",
				  "this is no network's definition");
}

int network_write(const struct network_definition *definition, struct failure *failure)
{
	char path[PATH_ROOM], *text = network_definition_print(definition);
	int result = text ? files_make_directory(NETWORKS_DEFINED, failure)
			  : failure_set(failure, ENOMEM, definition->name, NULL, "out of memory");

	snprintf(path, sizeof(path), NETWORKS_DEFINED "/%s.json", definition->name);
	if (!result)
		result = files_write_whole(path, text, strlen(text), failure);
	free(text);
	return result;
}

static int is_definition(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && !strcmp(entry->d_name + length - 5, ".json");
}

int network_list_defined(char ***names, size_t *count, struct failure *failure)
{
	struct dirent **entries = NULL;
	int found = scandir(NETWORKS_DEFINED, &entries, is_definition, alphasort);

	*count = 0;
	*names = calloc(found > 0 ? (size_t)found : 1, sizeof(**names));
	for (int i = 0; i < found; i++) {
		char *name =
			*names ? strndup(entries[i]->d_name, strlen(entries[i]->d_name) - 5) : NULL;

		if (name)
			(*names)[(*count)++] = name;
		free(entries[i]);
	}
	free(entries);
	return *names ? 0 : failure_set(failure, ENOMEM, "networks", NULL, "out of memory");
}

bool network_is_running(const char *name)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), NETWORKS_RUNNING "/%.64s", name);
	return access(path, F_OK) == 0;
}

/* ---- up ------------------------------------------------------------------------------ */

static int run_rules(const struct network_definition *definition, const char *rules,
		     struct failure *failure)
{
	struct nft_ctx *context;
	char object[64], why[160];
	int result = 0;

	object_of(definition, object);
	/* Asked first: who calls it without having it would not live on (late.h). */
	if (!dlopen("libnftables.so.1", RTLD_LAZY | RTLD_LOCAL))
		return failure_set(failure, ENOENT, object,
				   "install libnftables1, or define the network with --no-nat",
				   "libnftables, which makes NAT, is not there");
	context = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!context)
		return failure_set(failure, ENOMEM, object, NULL, "out of memory");
	nft_ctx_buffer_error(context);
	if (nft_run_cmd_from_buffer(context, rules) != 0) {
		snprintf(why, sizeof(why), "%s", nft_ctx_get_error_buffer(context));
		why[strcspn(why, "\n")] = 0;
		result =
			failure_set(failure, EIO, object,
				    "load the kernel's modules nf_tables, nft_chain_nat, nft_masq, "
				    "nft_ct, or define the network with --no-nat",
				    "the rules of its NAT are refused: %s", why);
	}
	nft_ctx_free(context);
	return result;
}

/* Guests reach what dom0 reaches, with NAT and without. */
static int start_forwarding(const struct network_definition *definition, struct failure *failure)
{
	char object[64];
	int forward;

	object_of(definition, object);
	forward = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);
	if (forward < 0 || write(forward, "1\n", 2) != 2) {
		if (forward >= 0)
			close(forward);
		return failure_set(failure, EPERM, object, "run this as root",
				   "/proc/sys/net/ipv4/ip_forward cannot be written");
	}
	close(forward);
	return 0;
}

static int start_nat(const struct network_definition *definition, struct failure *failure)
{
	char rules[NETWORK_RULES_BYTES], object[64];

	if (!definition->nat)
		return 0;
	object_of(definition, object);
	if (!network_definition_rules(definition, rules, sizeof(rules)))
		return failure_set(failure, E2BIG, object, NULL, "its rules are too long");
	return run_rules(definition, rules, failure);
}

static int start_dhcp(const struct network_definition *definition, struct failure *failure)
{
	char text[NETWORK_RULES_BYTES], path[PATH_ROOM], object[64];

	if (!definition->dhcp)
		return 0;
	object_of(definition, object);
	running_path(definition, ".dhcp", path);
	if (!network_definition_dnsmasq(definition, text, sizeof(text)))
		return failure_set(failure, E2BIG, object, NULL, "its names are too long");
	return files_write_whole(path, text, strlen(text), failure);
}

int network_start(const struct network_definition *definition, struct failure *failure)
{
	const struct link_changes up = {.up = true};
	char path[PATH_ROOM];
	int result = files_make_directory(NETWORKS_RUNNING, failure);

	if (!result)
		result = link_make_bridge(definition->bridge, failure);
	if (!result)
		result = link_add_address(definition->bridge, htonl(definition->address),
					  definition->prefix, failure);
	if (!result)
		result = link_change(definition->bridge, &up, failure);
	if (!result)
		result = start_forwarding(definition, failure);
	if (!result)
		result = start_nat(definition, failure);
	if (!result)
		result = start_dhcp(definition, failure);
	/* It runs from here on. */
	running_path(definition, "", path);
	if (!result)
		result = files_write_whole(path, definition->bridge, strlen(definition->bridge),
					   failure);
	if (result)
		(void)!network_stop(definition, NULL);
	return result;
}

/* ---- down ---------------------------------------------------------------------------- */

int network_stop(const struct network_definition *definition, struct failure *failure)
{
	char rules[NETWORK_RULES_BYTES], path[PATH_ROOM];
	int result, first = 0;

	running_path(definition, "", path);
	(void)!unlink(path);
	running_path(definition, ".dhcp", path);
	(void)!unlink(path);
	if (definition->nat && network_definition_no_rules(definition, rules, sizeof(rules)))
		first = run_rules(definition, rules, failure);
	result = link_remove(definition->bridge, failure);
	return first ? first : result;
}
