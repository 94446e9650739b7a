/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/json.c - a configuration as JSON, and what was said about a
 * file.  Names are those of guest_config.h; what is not given is left out.
 * Reading is json_read.c's.
 */
#include "dom0-tools/config/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "dom0-tools/config/values.h"

/* Adds a member; false, and the value put, when out of memory. */
static bool add(json_object *object, const char *name, json_object *value)
{
	if (value && json_object_object_add(object, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool add_text(json_object *object, const char *name, const char *text)
{
	return !text || add(object, name, json_object_new_string(text));
}

static bool add_number(json_object *object, const char *name, uint64_t number)
{
	return add(object, name, json_object_new_uint64(number));
}

/* A number that is only told when it is one. */
static bool add_given(json_object *object, const char *name, uint64_t number)
{
	return !number || add_number(object, name, number);
}

static bool add_true(json_object *object, const char *name, bool value)
{
	return !value || add(object, name, json_object_new_boolean(true));
}

/* Appends to a list; false, and the value put, when out of memory. */
static bool append(json_object *list, json_object *value)
{
	if (value && json_object_array_add(list, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static json_object *disk_object(const struct guest_disk_config *disk)
{
	json_object *object = json_object_new_object();

	if (object && add_text(object, "target", disk->target) &&
	    add_text(object, "source", disk->source) && add_text(object, "format", disk->format) &&
	    add_text(object, "backend", guest_disk_backend_name(disk->backend)) &&
	    add_text(object, "driver", guest_driver_name(disk->driver)) &&
	    add_true(object, "read_only", disk->read_only) &&
	    add_true(object, "cdrom", disk->cdrom) &&
	    add_true(object, "shareable", disk->shareable) &&
	    add_true(object, "no_discard", disk->no_discard) &&
	    add_given(object, "sector_bytes", disk->sector_bytes) &&
	    add_given(object, "iops_limit", disk->iops_limit) &&
	    add_given(object, "bytes_per_second_limit", disk->bytes_per_second_limit))
		return object;
	json_object_put(object);
	return NULL;
}

static json_object *network_object(const struct guest_network_config *network)
{
	json_object *object = json_object_new_object();
	char mac[GUEST_MAC_TEXT];

	guest_mac_print(network->mac, mac);
	if (object && (!network->mac_given || add_text(object, "mac", mac)) &&
	    add_text(object, "driver", guest_driver_name(network->driver)) &&
	    add_text(object, "bridge", network->bridge) &&
	    add_text(object, "network", network->network) &&
	    add_text(object, "script", network->script) &&
	    add_text(object, "address", network->address) &&
	    add_text(object, "model", network->model) &&
	    add_text(object, "device", network->device) && add_given(object, "mtu", network->mtu) &&
	    add_given(object, "vlan", network->vlan) &&
	    add_given(object, "queues", network->queues) &&
	    add_true(object, "spoof_check", network->spoof_check) &&
	    add_given(object, "bytes_per_second_limit", network->bytes_per_second_limit))
		return object;
	json_object_put(object);
	return NULL;
}

/* One string for each vCPU up to the last that is pinned: its CPUs, or "all". */
static bool add_cpus(json_object *object, const struct guest_config *config)
{
	uint32_t last = config->vcpu_config_count;
	char cpus[GUEST_CPU_SET_TEXT];
	json_object *list;

	while (last && !config->vcpu[last - 1].pinned)
		last--;
	if (!last)
		return true;
	list = json_object_new_array();
	for (uint32_t i = 0; list && i < last; i++) {
		if (config->vcpu[i].pinned)
			guest_cpu_set_print(&config->vcpu[i].cpus, cpus, sizeof(cpus));
		else
			snprintf(cpus, sizeof(cpus), "all");
		if (!append(list, json_object_new_string(cpus))) {
			json_object_put(list);
			return false;
		}
	}
	return add(object, "cpus", list);
}

static bool add_devices(json_object *object, const struct guest_config *config)
{
	json_object *disks = json_object_new_array(), *networks;

	if (!add(object, "disks", disks))
		return false;
	for (size_t i = 0; i < config->disk_count; i++)
		if (!append(disks, disk_object(&config->disks[i])))
			return false;
	networks = json_object_new_array();
	if (!add(object, "networks", networks))
		return false;
	for (size_t i = 0; i < config->network_count; i++)
		if (!append(networks, network_object(&config->networks[i])))
			return false;
	return true;
}

static bool add_domain(json_object *object, const struct guest_config *config)
{
	char uuid[GUEST_UUID_TEXT];

	guest_uuid_print(config->uuid, uuid);
	return add_text(object, "schema", JSON_GUEST_SCHEMA) &&
	       add_text(object, "name", config->name) && add_text(object, "uuid", uuid) &&
	       add_text(object, "title", config->title) &&
	       add_text(object, "description", config->description) &&
	       add_text(object, "type", guest_type_name(config->type)) &&
	       add_number(object, "memory_kib", config->memory_kib) &&
	       add_number(object, "memory_max_kib", config->memory_max_kib) &&
	       add_number(object, "vcpus", config->vcpus) &&
	       add_number(object, "vcpus_max", config->vcpus_max) && add_cpus(object, config) &&
	       add_number(object, "weight", config->weight) &&
	       add_number(object, "cap", config->cap);
}

static bool add_boot(json_object *object, const struct guest_config *config)
{
	return add_text(object, "kernel", config->kernel) &&
	       add_text(object, "ramdisk", config->ramdisk) &&
	       add_text(object, "command_line", config->command_line) &&
	       add_text(object, "bootloader", config->bootloader) &&
	       add_text(object, "on_poweroff", guest_action_name(config->on_poweroff)) &&
	       add_text(object, "on_reboot", guest_action_name(config->on_reboot)) &&
	       add_text(object, "on_crash", guest_action_name(config->on_crash)) &&
	       add_text(object, "on_watchdog", guest_action_name(config->on_watchdog)) &&
	       add(object, "time_offset_seconds",
		   json_object_new_int64(config->time_offset_seconds)) &&
	       add_given(object, "max_grant_frames", config->max_grant_frames) &&
	       add_given(object, "max_maptrack_frames", config->max_maptrack_frames) &&
	       add_given(object, "max_event_channels", config->max_event_channels);
}

struct json_object *json_guest(const struct guest_config *config)
{
	json_object *object = json_object_new_object();

	if (object && add_domain(object, config) && add_boot(object, config) &&
	    add_devices(object, config))
		return object;
	json_object_put(object);
	return NULL;
}

int json_write(const struct guest_config *config, FILE *out, struct failure *failure)
{
	const char *name = config->name ? config->name : "guest";
	json_object *object = json_guest(config);
	const char *text =
		object ? json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)
		       : NULL;
	int error = 0;

	if (!text)
		error = failure_set(failure, ENOMEM, name, NULL, "out of memory");
	else if (fprintf(out, "%s\n", text) < 0 || fflush(out) || ferror(out))
		error = failure_set(failure, EIO, name, NULL, "its JSON could not be written: %m");
	json_object_put(object);
	return error;
}

static json_object *message_object(const struct diagnostic *entry)
{
	json_object *object = json_object_new_object();

	if (object && add_text(object, "file", entry->file ? entry->file : "") &&
	    add_number(object, "line", entry->place.line) &&
	    add_number(object, "column", entry->place.column) &&
	    add_text(object, "severity", entry->severity == SEVERITY_ERROR ? "error" : "warning") &&
	    add_text(object, "what", entry->what ? entry->what : "") &&
	    add_text(object, "text", entry->text ? entry->text : ""))
		return object;
	json_object_put(object);
	return NULL;
}

struct json_object *json_diagnostics(const struct diagnostics *diagnostics)
{
	json_object *object = json_object_new_object(), *list;

	if (!object || !add_number(object, "errors", diagnostics->errors) ||
	    !add_number(object, "warnings", diagnostics->warnings))
		goto out_of_memory;
	list = json_object_new_array();
	if (!add(object, "messages", list))
		goto out_of_memory;
	for (size_t i = 0; i < diagnostics->kept_count; i++)
		if (!append(list, message_object(&diagnostics->kept[i])))
			goto out_of_memory;
	return object;
out_of_memory:
	json_object_put(object);
	return NULL;
}
