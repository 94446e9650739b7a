/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/json_read.c - a configuration from JSON, strictly: a member
 * that is not known, or of another type, is an error.  json-c does not say where
 * a member stood, so its place is where its name first stands in the file behind
 * the member before.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/json.h"
#include "dom0-tools/config/json_keys.h"
#include "dom0-tools/config/reading.h"
#include "dom0-tools/config/values.h"

enum member_type {
	MEMBER_TEXT,
	MEMBER_NUMBER32,
	MEMBER_NUMBER64,
	MEMBER_SIGNED,
	MEMBER_FLAG,
	MEMBER_ACTION,
	MEMBER_GUEST_TYPE,
	MEMBER_DRIVER,
	MEMBER_BACKEND,
	MEMBER_UUID,
	MEMBER_MAC,
	MEMBER_SCHEMA,
	MEMBER_CPUS,
	MEMBER_DISKS,
	MEMBER_NETWORKS,
};

struct member {
	const char *name;
	enum member_type type;
	size_t offset;
	enum guest_field field; /* GUEST_FIELDS: it has none */
};

#define OF(object, name, type)                                                                     \
	{                                                                                          \
#name, type, offsetof(struct object, name), GUEST_FIELDS                           \
	}
#define WITH(object, name, type, at)                                                               \
	{                                                                                          \
#name, type, offsetof(struct object, name), at                                     \
	}

static const struct member guest_members[] = {
	{"schema", MEMBER_SCHEMA, 0, GUEST_FIELDS},
	WITH(guest_config, name, MEMBER_TEXT, GUEST_FIELD_NAME),
	WITH(guest_config, uuid, MEMBER_UUID, GUEST_FIELD_UUID),
	WITH(guest_config, title, MEMBER_TEXT, GUEST_FIELD_TITLE),
	WITH(guest_config, description, MEMBER_TEXT, GUEST_FIELD_DESCRIPTION),
	WITH(guest_config, type, MEMBER_GUEST_TYPE, GUEST_FIELD_TYPE),
	WITH(guest_config, memory_kib, MEMBER_NUMBER64, GUEST_FIELD_MEMORY),
	WITH(guest_config, memory_max_kib, MEMBER_NUMBER64, GUEST_FIELD_MEMORY_MAX),
	WITH(guest_config, vcpus, MEMBER_NUMBER32, GUEST_FIELD_VCPUS),
	WITH(guest_config, vcpus_max, MEMBER_NUMBER32, GUEST_FIELD_VCPUS_MAX),
	{"cpus", MEMBER_CPUS, 0, GUEST_FIELD_VCPU},
	WITH(guest_config, weight, MEMBER_NUMBER32, GUEST_FIELD_WEIGHT),
	WITH(guest_config, cap, MEMBER_NUMBER32, GUEST_FIELD_CAP),
	WITH(guest_config, kernel, MEMBER_TEXT, GUEST_FIELD_KERNEL),
	WITH(guest_config, ramdisk, MEMBER_TEXT, GUEST_FIELD_RAMDISK),
	WITH(guest_config, command_line, MEMBER_TEXT, GUEST_FIELD_COMMAND_LINE),
	WITH(guest_config, bootloader, MEMBER_TEXT, GUEST_FIELD_BOOTLOADER),
	OF(guest_config, on_poweroff, MEMBER_ACTION),
	OF(guest_config, on_reboot, MEMBER_ACTION),
	OF(guest_config, on_crash, MEMBER_ACTION),
	OF(guest_config, on_watchdog, MEMBER_ACTION),
	WITH(guest_config, time_offset_seconds, MEMBER_SIGNED, GUEST_FIELD_TIME_OFFSET),
	WITH(guest_config, max_grant_frames, MEMBER_NUMBER32, GUEST_FIELD_GRANT_FRAMES),
	WITH(guest_config, max_maptrack_frames, MEMBER_NUMBER32, GUEST_FIELD_MAPTRACK_FRAMES),
	WITH(guest_config, max_event_channels, MEMBER_NUMBER32, GUEST_FIELD_EVENT_CHANNELS),
	{"disks", MEMBER_DISKS, 0, GUEST_FIELD_DISK},
	{"networks", MEMBER_NETWORKS, 0, GUEST_FIELD_NETWORK},
};

static const struct member disk_members[] = {
	OF(guest_disk_config, target, MEMBER_TEXT),
	OF(guest_disk_config, source, MEMBER_TEXT),
	OF(guest_disk_config, format, MEMBER_TEXT),
	OF(guest_disk_config, backend, MEMBER_BACKEND),
	OF(guest_disk_config, driver, MEMBER_DRIVER),
	OF(guest_disk_config, read_only, MEMBER_FLAG),
	OF(guest_disk_config, cdrom, MEMBER_FLAG),
	OF(guest_disk_config, shareable, MEMBER_FLAG),
	OF(guest_disk_config, no_discard, MEMBER_FLAG),
	OF(guest_disk_config, sector_bytes, MEMBER_NUMBER32),
	OF(guest_disk_config, iops_limit, MEMBER_NUMBER64),
	OF(guest_disk_config, bytes_per_second_limit, MEMBER_NUMBER64),
};

static const struct member network_members[] = {
	OF(guest_network_config, mac, MEMBER_MAC),
	OF(guest_network_config, driver, MEMBER_DRIVER),
	OF(guest_network_config, bridge, MEMBER_TEXT),
	OF(guest_network_config, network, MEMBER_TEXT),
	OF(guest_network_config, script, MEMBER_TEXT),
	OF(guest_network_config, address, MEMBER_TEXT),
	OF(guest_network_config, model, MEMBER_TEXT),
	OF(guest_network_config, device, MEMBER_TEXT),
	OF(guest_network_config, mtu, MEMBER_NUMBER32),
	OF(guest_network_config, vlan, MEMBER_NUMBER32),
	OF(guest_network_config, queues, MEMBER_NUMBER32),
	OF(guest_network_config, spoof_check, MEMBER_FLAG),
	OF(guest_network_config, bytes_per_second_limit, MEMBER_NUMBER64),
};

struct json_reader {
	struct reading reading;
	size_t at; /* in the text: members before it are read */
};

/* Where "NAME" stands next; the reader goes on behind it. */
static struct place find_place(struct json_reader *reader, const char *name)
{
	const char *text = reader->reading.text, *at = text + reader->at;
	size_t length = strlen(name);

	while ((at = strstr(at, name))) {
		if (at > text && at[-1] == '"' && at[length] == '"') {
			reader->at = (size_t)(at - text) + length;
			return reading_place(&reader->reading, (size_t)(at - text) - 1);
		}
		at++;
	}
	return reader->reading.root;
}

static const char *type_of(enum member_type type)
{
	switch (type) {
	case MEMBER_NUMBER32:
	case MEMBER_NUMBER64:
		return "a whole number";
	case MEMBER_SIGNED:
		return "a whole number, which may be negative";
	case MEMBER_FLAG:
		return "true or false";
	case MEMBER_ACTION:
		return "destroy, restart, preserve, rename-restart, coredump-destroy or "
		       "coredump-restart";
	case MEMBER_GUEST_TYPE:
		return "pv, pvh or hvm";
	case MEMBER_DRIVER:
		return "default, enso or kernel";
	case MEMBER_BACKEND:
		return "file, block or nbd";
	case MEMBER_UUID:
		return "a uuid";
	case MEMBER_MAC:
		return "an address of the form 00:16:3e:xx:xx:xx";
	case MEMBER_SCHEMA:
		return JSON_GUEST_SCHEMA;
	case MEMBER_CPUS:
		return "a list of sets of CPUs, as in \"0-3,^2\"";
	case MEMBER_DISKS:
	case MEMBER_NETWORKS:
		return "a list of objects";
	case MEMBER_TEXT:
		break;
	}
	return "a string";
}

/* A whole number, without a fraction, at most `most`. */
static bool take_number(json_object *value, uint64_t most, uint64_t *number)
{
	if (!json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_uint64(value);
	return *number <= most && json_object_get_int64(value) >= 0;
}

/* A string without a NUL in it. */
static const char *take_text(json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) || !text ||
	    strlen(text) != (size_t)json_object_get_string_len(value))
		return NULL;
	return text;
}

static bool set_number(enum member_type type, json_object *value, void *slot)
{
	uint64_t number;

	if (type == MEMBER_SIGNED) {
		*(int64_t *)slot = json_object_get_int64(value);
		return json_object_is_type(value, json_type_int);
	}
	if (!take_number(value, type == MEMBER_NUMBER32 ? UINT32_MAX : UINT64_MAX, &number))
		return false;
	if (type == MEMBER_NUMBER32)
		*(uint32_t *)slot = (uint32_t)number;
	else
		*(uint64_t *)slot = number;
	return true;
}

static bool set_word(enum member_type type, json_object *value, void *slot)
{
	const char *text = take_text(value);

	if (!text)
		return false;
	switch (type) {
	case MEMBER_ACTION:
		return guest_action_parse(text, slot);
	case MEMBER_GUEST_TYPE:
		return guest_type_parse(text, slot);
	case MEMBER_DRIVER:
		return guest_driver_parse(text, slot);
	case MEMBER_BACKEND:
		return guest_disk_backend_parse(text, slot);
	case MEMBER_UUID:
		return guest_uuid_parse(text, slot);
	case MEMBER_MAC:
		return guest_mac_parse(text, slot);
	default:
		return strcmp(text, JSON_GUEST_SCHEMA) == 0;
	}
}

static bool read_cpus(struct json_reader *reader, json_object *value)
{
	struct guest_config *config = reader->reading.config;
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return false;
	count = json_object_array_length(value);
	if (count > GUEST_VCPUS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *text = take_text(json_object_array_get_idx(value, i));
		struct guest_cpu_set cpus;

		if (!text || !guest_cpu_set_parse(text, &cpus))
			return false;
		if (guest_cpu_set_full(&cpus))
			continue;
		config->vcpu[i] = (struct guest_vcpu_config){true, cpus};
		config->vcpu_config_count = (uint32_t)i + 1;
	}
	return true;
}

static bool read_devices(struct json_reader *reader, enum member_type type, json_object *value);

static bool read_member(struct json_reader *reader, const struct member *member, json_object *value,
			void *object)
{
	void *slot = (char *)object + member->offset;

	switch (member->type) {
	case MEMBER_TEXT:
		if (take_text(value))
			reading_set(&reader->reading, slot, take_text(value));
		return take_text(value);
	case MEMBER_FLAG:
		if (json_object_is_type(value, json_type_boolean))
			*(bool *)slot = json_object_get_boolean(value);
		return json_object_is_type(value, json_type_boolean);
	case MEMBER_NUMBER32:
	case MEMBER_NUMBER64:
	case MEMBER_SIGNED:
		return set_number(member->type, value, slot);
	case MEMBER_CPUS:
		return read_cpus(reader, value);
	case MEMBER_DISKS:
	case MEMBER_NETWORKS:
		return read_devices(reader, member->type, value);
	default:
		return set_word(member->type, value, slot);
	}
}

static const struct member *find_member(const struct member *members, size_t count,
					const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static void refuse_unknown(struct json_reader *reader, const struct member *members, size_t count,
			   const char *name, struct place place)
{
	const char *words[ARRAY_SIZE(guest_members)], *near;

	for (size_t i = 0; i < count; i++)
		words[i] = members[i].name;
	near = guest_word_near(name, words, count);
	reading_error(&reader->reading, place, name, "is unknown here%s%s%s",
		      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static void read_object(struct json_reader *reader, const struct member *members, size_t count,
			json_object *from, void *object)
{
	struct json_object_iterator at = json_object_iter_begin(from);
	struct json_object_iterator end = json_object_iter_end(from);

	for (; !json_object_iter_equal(&at, &end) &&
	       reader->reading.diagnostics->errors <= DIAGNOSTICS_KEPT;
	     json_object_iter_next(&at)) {
		const char *name = json_object_iter_peek_name(&at);
		const struct member *member = find_member(members, count, name);
		struct place place = find_place(reader, name);

		if (!member) {
			refuse_unknown(reader, members, count, name, place);
			continue;
		}
		if (member->field != GUEST_FIELDS)
			reading_note(&reader->reading, member->field, 0, place);
		if (!read_member(reader, member, json_object_iter_peek_value(&at), object))
			reading_error(&reader->reading, place, name, "must be %s",
				      type_of(member->type));
		else if (member->type == MEMBER_ACTION)
			reading_check_action(
				&reader->reading, place, name,
				*(enum guest_action *)((char *)object + member->offset));
	}
}

/* The next object's brace. */
static struct place object_place(const struct json_reader *reader)
{
	const char *brace = strchr(reader->reading.text + reader->at, '{');

	return brace ? reading_place(&reader->reading, (size_t)(brace - reader->reading.text))
		     : reader->reading.root;
}

static void read_disk(struct json_reader *reader, json_object *from)
{
	struct guest_disk_config *disk = guest_config_add_disk(reader->reading.config);

	if (!disk) {
		reader->reading.out_of_memory = true;
		return;
	}
	reading_note(&reader->reading, GUEST_FIELD_DISK, reader->reading.config->disk_count - 1,
		     object_place(reader));
	read_object(reader, disk_members, ARRAY_SIZE(disk_members), from, disk);
	disk->read_only |= disk->cdrom;
}

static void read_network(struct json_reader *reader, json_object *from)
{
	struct guest_network_config *network = guest_config_add_network(reader->reading.config);

	if (!network) {
		reader->reading.out_of_memory = true;
		return;
	}
	reading_note(&reader->reading, GUEST_FIELD_NETWORK,
		     reader->reading.config->network_count - 1, object_place(reader));
	read_object(reader, network_members, ARRAY_SIZE(network_members), from, network);
	network->mac_given = json_object_object_get_ex(from, "mac", NULL);
}

static bool read_devices(struct json_reader *reader, enum member_type type, json_object *value)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return false;
	count = MIN(json_object_array_length(value), (size_t)READING_PLACES);
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(value, i);

		if (!json_object_is_type(item, json_type_object))
			return false;
		if (type == MEMBER_DISKS)
			read_disk(reader, item);
		else
			read_network(reader, item);
	}
	return true;
}

static json_object *parse(struct json_reader *reader)
{
	struct reading *reading = &reader->reading;
	struct json_tokener *tokener = json_tokener_new_ex(JSON_KEYS_DEPTH);
	size_t begin = reading->bytes >= 3 && memcmp(reading->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	json_object *object;
	enum json_tokener_error error;
	size_t end;

	if (!tokener) {
		reading->out_of_memory = true;
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With the 0 behind, so that a document that ends too early is told. */
	object = json_tokener_parse_ex(tokener, reading->text + begin,
				       (int)(reading->bytes - begin) + 1);
	error = json_tokener_get_error(tokener);
	end = begin + json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (error == json_tokener_success && json_object_is_type(object, json_type_object) &&
	    reading->text[end + strspn(reading->text + end, " \t\r\n")] == 0)
		return object;
	json_object_put(object);
	reading_error(reading, reading_place(reading, end), "", "JSON: %s",
		      error == json_tokener_continue  ? "the file ends too early"
		      : error == json_tokener_success ? "one object is wanted, and nothing more"
						      : json_tokener_error_desc(error));
	return NULL;
}

/* json-c keeps the last of two members of one name; here that is an error. */
static void check_names(struct reading *reading)
{
	size_t offset = 0;
	enum json_keys_result result = json_keys_check(reading->text, &offset);

	if (result == JSON_KEYS_TWICE)
		reading_error(reading, reading_place(reading, offset), "",
			      "this name is in its object already");
	else if (result == JSON_KEYS_ESCAPED)
		reading_error(reading, reading_place(reading, offset), "",
			      "a name with a backslash is none of a guest's");
	else if (result == JSON_KEYS_TOO_MANY)
		reading_error(reading, reading_place(reading, offset), "",
			      "more than %d names: this is no guest", JSON_KEYS_MOST);
}

int json_read_memory(const char *name, const char *text, size_t bytes, struct guest_config **config,
		     struct diagnostics *diagnostics, struct failure *failure)
{
	struct json_reader reader = {
		.reading = {.file = name,
			    .text = text,
			    .bytes = bytes,
			    .diagnostics = diagnostics,
			    .config = guest_config_new(),
			    .root = {1, 1}},
	};
	json_object *object = NULL;
	bool usable;

	*config = NULL;
	if (!reader.reading.config)
		return failure_set(failure, ENOMEM, name, NULL, "out of memory");
	if (reading_check_text(&reader.reading))
		object = parse(&reader);
	usable = object;
	if (object) {
		check_names(&reader.reading);
		read_object(&reader, guest_members, ARRAY_SIZE(guest_members), object,
			    reader.reading.config);
		if (!json_object_object_get_ex(object, "schema", NULL))
			reading_error(&reader.reading, reader.reading.root, "schema",
				      "is missing: \"%s\" is known", JSON_GUEST_SCHEMA);
		if (!json_object_object_get_ex(object, "memory_max_kib", NULL))
			reader.reading.config->memory_max_kib = reader.reading.config->memory_kib;
		if (!json_object_object_get_ex(object, "vcpus_max", NULL))
			reader.reading.config->vcpus_max = reader.reading.config->vcpus;
	}
	json_object_put(object);
	return reading_finish(&reader.reading, usable, config, failure);
}

int json_read(const char *path, struct guest_config **config, struct diagnostics *diagnostics,
	      struct failure *failure)
{
	size_t bytes;
	char *text;
	int error;

	*config = NULL;
	error = reading_load(path, &text, &bytes, failure);
	if (error)
		return error;
	error = json_read_memory(path, text, bytes, config, diagnostics, failure);
	free(text);
	return error;
}
