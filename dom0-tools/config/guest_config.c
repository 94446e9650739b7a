/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/guest_config.c - configurations made, compared, completed
 * and freed.  Whether one is right is config_check.c's.
 */
#include "dom0-tools/config/guest_config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dom0-tools/config/values.h"

struct guest_config *guest_config_new(void)
{
	struct guest_config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->type = GUEST_PV;
	config->vcpus = config->vcpus_max = 1;
	config->weight = 256;
	config->on_poweroff = GUEST_ACTION_DESTROY;
	config->on_reboot = GUEST_ACTION_RESTART;
	config->on_crash = GUEST_ACTION_DESTROY;
	config->on_watchdog = GUEST_ACTION_DESTROY;
	return config;
}

static void free_disk(struct guest_disk_config *disk)
{
	free(disk->target);
	free(disk->source);
	free(disk->format);
}

static void free_network(struct guest_network_config *network)
{
	free(network->bridge);
	free(network->network);
	free(network->script);
	free(network->address);
	free(network->model);
	free(network->device);
}

void guest_config_free(struct guest_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->disk_count; i++)
		free_disk(&config->disks[i]);
	for (size_t i = 0; i < config->network_count; i++)
		free_network(&config->networks[i]);
	free(config->disks);
	free(config->networks);
	free(config->name);
	free(config->title);
	free(config->description);
	free(config->kernel);
	free(config->ramdisk);
	free(config->command_line);
	free(config->bootloader);
	free(config);
}

/* *list with room for one more of `bytes`, zeroed; NULL: out of memory, *list as it was. */
static void *add_one(void **list, size_t *count, size_t bytes)
{
	void *grown = reallocarray(*list, *count + 1, bytes);
	char *entry;

	if (!grown)
		return NULL;
	*list = grown;
	entry = (char *)grown + *count * bytes;
	memset(entry, 0, bytes);
	++*count;
	return entry;
}

struct guest_disk_config *guest_config_add_disk(struct guest_config *config)
{
	void *list = config->disks;
	void *entry = add_one(&list, &config->disk_count, sizeof(*config->disks));

	config->disks = list;
	return entry;
}

struct guest_network_config *guest_config_add_network(struct guest_config *config)
{
	void *list = config->networks;
	void *entry = add_one(&list, &config->network_count, sizeof(*config->networks));

	config->networks = list;
	return entry;
}

/* A mac that stays the same over restarts: 24 bits mixed of the uuid and the index (FNV-1a). */
static void make_mac(const uint8_t uuid[16], size_t index, uint8_t mac[6])
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ uuid[i]) * 16777619u;
	for (size_t i = 0; i < 4; i++)
		hash = (hash ^ (index >> i * 8 & 0xff)) * 16777619u;
	hash ^= hash >> 24;
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = hash >> 16;
	mac[4] = hash >> 8;
	mac[5] = hash;
}

static void trim(char **text)
{
	size_t length = *text ? strlen(*text) : 0, begin = length ? strspn(*text, " \t\r\n") : 0;

	while (length > begin && strchr(" \t\r\n", (*text)[length - 1]))
		length--;
	if (length == begin) {
		free(*text);
		*text = NULL;
		return;
	}
	memmove(*text, *text + begin, length - begin);
	(*text)[length - begin] = 0;
}

void guest_config_complete(struct guest_config *config)
{
	static const uint8_t none[16];

	trim(&config->command_line);
	if (memcmp(config->uuid, none, sizeof(none)) == 0) {
		/* Sixteen bytes come whole or, before the pool is ready, not at all. */
		while (getrandom(config->uuid, sizeof(config->uuid), 0) !=
		       (ssize_t)sizeof(config->uuid))
			;
		guest_uuid_of_entropy(config->uuid);
	}
	for (size_t i = 0; i < config->network_count; i++) {
		struct guest_network_config *network = &config->networks[i];

		if (!network->mac_given)
			make_mac(config->uuid, i, network->mac);
		if (network->bytes_per_second_limit <= UINT64_MAX - 1023)
			network->bytes_per_second_limit += 1023;
		network->bytes_per_second_limit &= ~1023ull;
	}
}

const char *guest_network_name(const struct guest_network_config *network)
{
	return network->network || network->bridge ? network->network : GUEST_NETWORK_DEFAULT;
}

static bool same_text(const char *left, const char *right)
{
	return left == right || (left && right && strcmp(left, right) == 0);
}

static bool same_disk(const struct guest_disk_config *left, const struct guest_disk_config *right)
{
	return same_text(left->target, right->target) && same_text(left->source, right->source) &&
	       same_text(left->format, right->format) && left->backend == right->backend &&
	       left->driver == right->driver && left->read_only == right->read_only &&
	       left->cdrom == right->cdrom && left->shareable == right->shareable &&
	       left->no_discard == right->no_discard && left->sector_bytes == right->sector_bytes &&
	       left->iops_limit == right->iops_limit &&
	       left->bytes_per_second_limit == right->bytes_per_second_limit;
}

static bool same_network(const struct guest_network_config *left,
			 const struct guest_network_config *right)
{
	return memcmp(left->mac, right->mac, sizeof(left->mac)) == 0 &&
	       left->mac_given == right->mac_given && left->driver == right->driver &&
	       same_text(left->bridge, right->bridge) &&
	       same_text(guest_network_name(left), guest_network_name(right)) &&
	       same_text(left->script, right->script) && same_text(left->address, right->address) &&
	       same_text(left->model, right->model) && same_text(left->device, right->device) &&
	       left->mtu == right->mtu && left->vlan == right->vlan &&
	       left->queues == right->queues && left->spoof_check == right->spoof_check &&
	       left->bytes_per_second_limit == right->bytes_per_second_limit;
}

static bool same_vcpus(const struct guest_config *left, const struct guest_config *right)
{
	for (uint32_t i = 0; i < GUEST_VCPUS_MAX; i++) {
		bool pinned[2] = {i < left->vcpu_config_count && left->vcpu[i].pinned,
				  i < right->vcpu_config_count && right->vcpu[i].pinned};

		if (pinned[0] != pinned[1] ||
		    (pinned[0] && memcmp(&left->vcpu[i].cpus, &right->vcpu[i].cpus,
					 sizeof(left->vcpu[i].cpus)) != 0))
			return false;
	}
	return left->vcpus == right->vcpus && left->vcpus_max == right->vcpus_max &&
	       left->weight == right->weight && left->cap == right->cap;
}

static bool same_limits(const struct guest_config *left, const struct guest_config *right)
{
	return left->on_poweroff == right->on_poweroff && left->on_reboot == right->on_reboot &&
	       left->on_crash == right->on_crash && left->on_watchdog == right->on_watchdog &&
	       left->time_offset_seconds == right->time_offset_seconds &&
	       left->max_grant_frames == right->max_grant_frames &&
	       left->max_maptrack_frames == right->max_maptrack_frames &&
	       left->max_event_channels == right->max_event_channels;
}

bool guest_config_equal(const struct guest_config *left, const struct guest_config *right)
{
	if (left->disk_count != right->disk_count || left->network_count != right->network_count)
		return false;
	for (size_t i = 0; i < left->disk_count; i++)
		if (!same_disk(&left->disks[i], &right->disks[i]))
			return false;
	for (size_t i = 0; i < left->network_count; i++)
		if (!same_network(&left->networks[i], &right->networks[i]))
			return false;
	return same_text(left->name, right->name) &&
	       memcmp(left->uuid, right->uuid, sizeof(left->uuid)) == 0 &&
	       same_text(left->title, right->title) &&
	       same_text(left->description, right->description) && left->type == right->type &&
	       left->memory_kib == right->memory_kib &&
	       left->memory_max_kib == right->memory_max_kib && same_vcpus(left, right) &&
	       same_text(left->kernel, right->kernel) && same_text(left->ramdisk, right->ramdisk) &&
	       same_text(left->command_line, right->command_line) &&
	       same_text(left->bootloader, right->bootloader) && same_limits(left, right);
}
