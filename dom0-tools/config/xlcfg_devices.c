/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xlcfg_devices.c - disk=[...] as xl-disk-configuration(5) has
 * it, with the positional, the named and the old spelling, and vif=[...] as
 * xl-network-configuration(5) has it.
 */
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/config/xlcfg_keys.h"

/* One "..." of the list, cut at its commas. */
struct spec {
	struct xlcfg *xlcfg;
	const struct xl_value *value;
	const char *key; /* "disk", "vif" */
	char *rest;	 /* what is not yet cut off; NULL: nothing */
	char *part;	 /* the present one, without leading blanks */
	char *named;	 /* what stands behind its '='; NULL: there is none */
	char *text;	 /* all, to free */
};

static struct place part_place(const struct spec *spec, const char *at)
{
	return xl_place_in(spec->value, (size_t)(at - spec->text));
}

static void __attribute__((format(printf, 3, 4)))
spec_error(struct spec *spec, const char *at, const char *format, ...)
{
	char text[DIAGNOSTIC_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	reading_error(&spec->xlcfg->reading, part_place(spec, at), spec->key, "%s", text);
}

static void warn_ignored(struct spec *spec, const char *why)
{
	reading_warning(&spec->xlcfg->reading, part_place(spec, spec->part), spec->key,
			"%s is ignored: %s", spec->part, why);
}

/* Whether the guest should trust its backend, which is dom0: so all of ours are told. */
static bool read_trust(struct spec *spec, const char *name)
{
	if (strcmp(name, "untrusted") == 0)
		spec_error(spec, name,
			   "untrusted is not supported: devices are dom0's; the guest's own kernel "
			   "can be told, by xen_blkfront.trusted=0 and xen_netfront.trusted=0");
	return strcmp(name, "untrusted") == 0 || strcmp(name, "trusted") == 0;
}

static bool spec_begin(struct spec *spec, struct xlcfg *xlcfg, const struct xl_value *value,
		       const char *key)
{
	*spec = (struct spec){.xlcfg = xlcfg, .value = value, .key = key};
	if (value->kind != XL_STRING) {
		reading_error(&xlcfg->reading, value->place, key,
			      "a list of \"strings\" is wanted");
		return false;
	}
	spec->text = spec->rest = strdup(value->text);
	if (!spec->text)
		xlcfg->reading.out_of_memory = true;
	return spec->text;
}

static void cut_blanks(char *text)
{
	size_t length = strlen(text);

	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		text[--length] = 0;
}

/* The next part; a target=... is all that is left, commas too. */
static bool spec_next(struct spec *spec)
{
	char *comma, *equals;

	if (!spec->rest)
		return false;
	spec->part = spec->rest + strspn(spec->rest, " \t");
	if (strncmp(spec->part, "target=", 7) == 0 && strcmp(spec->key, "disk") == 0) {
		spec->rest = NULL;
		spec->named = spec->part + 7;
		spec->part[6] = 0;
		return true;
	}
	comma = strchr(spec->part, ',');
	spec->rest = comma ? comma + 1 : NULL;
	if (comma)
		*comma = 0;
	cut_blanks(spec->part);
	equals = strchr(spec->part, '=');
	spec->named = equals ? equals + 1 : NULL;
	if (equals)
		*equals = 0;
	return true;
}

/* Positions of a disk, and what is given by them or by name. */
enum disk_part { DISK_TARGET, DISK_FORMAT, DISK_VDEV, DISK_ACCESS, DISK_PARTS };
static const char *const part_names[] = {"target", "format", "vdev", "access"};

struct disk_spec {
	struct spec spec;
	char *parts[DISK_PARTS];
	enum disk_part position;
	struct guest_disk_config *disk;
};

static void set_part(struct disk_spec *disk, enum disk_part part, char *text)
{
	if (disk->parts[part] && *disk->parts[part])
		spec_error(&disk->spec, text, "%s is given twice", part_names[part]);
	disk->parts[part] = text;
}

/* A flag or NAME=VALUE that is no position; false: it is not known. */
static bool read_disk_option(struct disk_spec *disk, const char *name, const char *value)
{
	static const char *const refused[] = {"script",	    "colo",	   "colo-host",
					      "colo-port",  "colo-export", "active-disk",
					      "hidden-disk"};
	struct guest_disk_config *config = disk->disk;

	if (strcmp(name, "cdrom") == 0 ||
	    (strcmp(name, "devtype") == 0 && value && strcmp(value, "cdrom") == 0)) {
		config->cdrom = true;
	} else if (strcmp(name, "devtype") == 0) {
		if (!value || (strcmp(value, "disk") != 0 && *value))
			spec_error(&disk->spec, name, "devtype is \"disk\" or \"cdrom\"");
	} else if (strcmp(name, "discard") == 0 || strcmp(name, "no-discard") == 0) {
		config->no_discard = name[0] == 'n';
	} else if (strcmp(name, "backendtype") == 0 && value) {
		if (strcmp(value, "phy") == 0)
			config->driver = GUEST_DRIVER_KERNEL;
		else if (strcmp(value, "enso") == 0)
			config->driver = GUEST_DRIVER_ENSO;
		else if (*value && strcmp(value, "qdisk") != 0 && strcmp(value, "tap") != 0)
			spec_error(&disk->spec, name,
				   "backendtype is phy (dom0's kernel), enso, or qdisk (Enso "
				   "chooses), not \"%.20s\"",
				   value);
	} else if (strcmp(name, "backend") == 0 && value) {
		if (strcmp(value, "0") != 0 && strcmp(value, "Domain-0") != 0)
			spec_error(&disk->spec, name, "dom0 serves all devices: leave backend out");
	} else if (strcmp(name, "specification") == 0 && value) {
		if (strcmp(value, "xen") != 0)
			spec_error(&disk->spec, name, "disks are Xen's: leave specification out");
	} else if (strcmp(name, "direct-io-safe") == 0) {
		warn_ignored(&disk->spec, "how a file is opened is the backend's choice");
	} else if (read_trust(&disk->spec, name)) {
		return true;
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
			if (strcmp(name, refused[i]) == 0) {
				spec_error(&disk->spec, name, "%s is not supported", name);
				return true;
			}
		return false;
	}
	return true;
}

static void read_named_part(struct disk_spec *disk)
{
	struct spec *spec = &disk->spec;
	static const char *const words[] = {"target",	     "format",	"vdev",	   "access",
					    "devtype",	     "cdrom",	"discard", "no-discard",
					    "backendtype",   "backend", "script",  "specification",
					    "direct-io-safe"};
	const char *near;

	for (enum disk_part part = 0; part < DISK_PARTS; part++)
		if (strcmp(spec->part, part_names[part]) == 0) {
			set_part(disk, part, spec->named);
			return;
		}
	if (read_disk_option(disk, spec->part, spec->named))
		return;
	near = guest_word_near(spec->part, words, ARRAY_SIZE(words));
	spec_error(spec, spec->part, "\"%.40s\" is no word of a disk%s%s%s", spec->part,
		   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool looks_like_vdev(const char *text)
{
	size_t letters = strncmp(text, "xvd", 3) == 0				      ? 3
			 : strncmp(text, "hd", 2) == 0 || strncmp(text, "sd", 2) == 0 ? 2
										      : 0;

	return letters && text[letters] >= 'a' && text[letters] <= 'z' && strlen(text) < 16;
}

/* "phy:/dev/x", "tap:aio:/x" of older tools: prefixes name a format or nothing. */
static void read_old_target(struct disk_spec *disk)
{
	static const char *const formats[] = {"raw:", "qcow2:", "vhd:"};
	static const char *const ignored[] = {
		"tapdisk:", "tap2:", "tap:", "aio:", "ioemu:", "file:", "phy:"};
	char *target = disk->parts[DISK_TARGET];
	bool again = target;

	while (again) {
		again = false;
		for (size_t i = 0; i < ARRAY_SIZE(ignored) && !again; i++) {
			size_t length = strlen(ignored[i]);

			again = strncmp(target, ignored[i], length) == 0;
			target += again ? length : 0;
		}
		for (size_t i = 0; i < ARRAY_SIZE(formats) && !again; i++) {
			size_t length = strlen(formats[i]);

			again = strncmp(target, formats[i], length) == 0;
			if (again) {
				target[length - 1] = 0;
				disk->parts[DISK_FORMAT] = target;
				target += length;
			}
		}
	}
	if (target && (strncmp(target, "iscsi:", 6) == 0 || strncmp(target, "enbd:", 5) == 0 ||
		       strncmp(target, "drbd:", 5) == 0))
		spec_error(&disk->spec, target, "no scripts are run: give a block device");
	disk->parts[DISK_TARGET] = target;
}

static void read_vdev_suffix(struct disk_spec *disk)
{
	char *vdev = disk->parts[DISK_VDEV], *colon = vdev ? strchr(vdev, ':') : NULL;

	if (!colon)
		return;
	*colon = 0;
	if (strcmp(colon + 1, "cdrom") == 0)
		disk->disk->cdrom = true;
	else if (strcmp(colon + 1, "disk") != 0)
		spec_error(&disk->spec, colon + 1, "\"%.20s\" is neither disk nor cdrom",
			   colon + 1);
}

static void read_positional_part(struct disk_spec *disk)
{
	char *part = disk->spec.part;

	/* The older spelling has no format here. */
	if (disk->position == DISK_FORMAT && looks_like_vdev(part))
		disk->position = DISK_VDEV;
	/* A name that nobody could mean as a target is a flag. */
	if (*part && read_disk_option(disk, part, NULL))
		return;
	while (disk->position < DISK_PARTS && disk->parts[disk->position] &&
	       *disk->parts[disk->position])
		disk->position++;
	if (disk->position == DISK_PARTS)
		spec_error(&disk->spec, part,
			   "\"%.40s\" is one too many: target, format, vdev, access", part);
	else
		disk->parts[disk->position++] = part;
}

static void read_access(struct disk_spec *disk)
{
	const char *access = disk->parts[DISK_ACCESS];
	struct guest_disk_config *config = disk->disk;

	config->read_only = config->cdrom;
	if (!access || !*access)
		return;
	if (strcmp(access, "r") == 0 || strcmp(access, "ro") == 0)
		config->read_only = true;
	else if (strcmp(access, "w!") == 0)
		config->shareable = true;
	else if (strcmp(access, "w") != 0 && strcmp(access, "rw") != 0)
		spec_error(&disk->spec, access, "access is \"r\" or \"rw\", not \"%.20s\"", access);
}

static void use_disk_parts(struct disk_spec *disk)
{
	struct reading *reading = &disk->spec.xlcfg->reading;
	struct guest_disk_config *config = disk->disk;
	const char *target;
	char *whole = NULL;

	read_old_target(disk);
	target = disk->parts[DISK_TARGET];
	read_vdev_suffix(disk);
	read_access(disk);
	reading_set(reading, &config->target, disk->parts[DISK_VDEV]);
	reading_set(reading, &config->format, disk->parts[DISK_FORMAT]);
	if (!target || !*target)
		return;
	if (strncmp(target, "nbd://", 6) == 0 || strncmp(target, "nbd+unix://", 11) == 0)
		config->backend = GUEST_DISK_NBD;
	else if (target[0] != '/' && asprintf(&whole, "/dev/%s", target) < 0)
		reading->out_of_memory = true;
	else if (whole || strncmp(target, "/dev/", 5) == 0)
		config->backend = GUEST_DISK_BLOCK;
	reading_set(reading, &config->source, whole ? whole : target);
	free(whole);
}

static void read_disk(struct xlcfg *xlcfg, const struct xl_value *value)
{
	struct disk_spec disk = {0};

	if (!spec_begin(&disk.spec, xlcfg, value, "disk"))
		return;
	disk.disk = guest_config_add_disk(xlcfg->reading.config);
	if (!disk.disk) {
		xlcfg->reading.out_of_memory = true;
		free(disk.spec.text);
		return;
	}
	reading_note(&xlcfg->reading, GUEST_FIELD_DISK, xlcfg->reading.config->disk_count - 1,
		     value->place);
	while (spec_next(&disk.spec)) {
		if (disk.spec.named)
			read_named_part(&disk);
		else
			read_positional_part(&disk);
	}
	use_disk_parts(&disk);
	free(disk.spec.text);
}

static void read_list(struct xlcfg *xlcfg, const struct xl_value *value, const char *key,
		      void (*read)(struct xlcfg *, const struct xl_value *))
{
	if (value->kind != XL_LIST)
		reading_error(&xlcfg->reading, value->place, key,
			      "a list is wanted, as in [ \"...\" ]");
	else
		for (const struct xl_value *item = value->first; item; item = item->next)
			read(xlcfg, item);
}

void xlcfg_disks(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	read_list(xlcfg, value, rule->key, read_disk);
}

/* RATE of xl: "10Mb/s", "250KB/s", "1MB/s@20ms"; thousands, bits or bytes. */
static void read_rate(struct spec *spec, struct guest_network_config *network)
{
	const char *interval;

	if (!guest_rate_parse(spec->named, &network->bytes_per_second_limit, &interval))
		spec_error(spec, spec->named, "\"%.40s\" is no rate, as in 10Mb/s or 250KB/s",
			   spec->named);
	else if (*interval)
		reading_warning(&spec->xlcfg->reading, part_place(spec, interval), spec->key,
				"the interval %.20s is ignored: what may pass is given out as "
				"time goes by",
				interval);
}

static void read_small_number(struct spec *spec, uint32_t *slot)
{
	uint64_t number;

	if (guest_number_parse(spec->named, 0, &number) && number <= UINT32_MAX)
		*slot = (uint32_t)number;
	else
		spec_error(spec, spec->named, "%s=%.20s is no whole number", spec->part,
			   spec->named);
}

static void check_device_number(struct spec *spec, size_t index)
{
	uint64_t number;

	if (!guest_number_parse(spec->named, 0, &number) || number != index)
		spec_error(spec, spec->named, "devices are numbered as they stand: this is %zu",
			   index);
}

/* A word of a vif that is no text to keep; false: it is not known. */
static bool read_vif_option(struct spec *spec, struct guest_network_config *network)
{
	const char *name = spec->part, *value = spec->named ? spec->named : "";

	if (read_trust(spec, name))
		return true;
	if (!spec->named)
		return false;
	if (strcmp(name, "mac") == 0) {
		network->mac_given = guest_mac_parse(value, network->mac);
		if (!network->mac_given)
			spec_error(spec, value, "\"%.40s\" is no mac: 00:16:3e:xx:xx:xx", value);
	} else if (strcmp(name, "rate") == 0) {
		read_rate(spec, network);
	} else if (strcmp(name, "mtu") == 0) {
		read_small_number(spec, &network->mtu);
	} else if (strcmp(name, "devid") == 0) {
		check_device_number(spec, spec->xlcfg->reading.config->network_count - 1);
	} else if (strcmp(name, "type") == 0 || strcmp(name, "model") == 0) {
		if (strcmp(value, "vif") != 0 && strcmp(value, "netfront") != 0)
			warn_ignored(spec, "a PV guest has Xen's network interface");
	} else if (strcmp(name, "gatewaydev") == 0 || strcmp(name, "netdev") == 0) {
		warn_ignored(spec, "routes are found in dom0's own table");
	} else if (strcmp(name, "backend") == 0) {
		if (strcmp(value, "0") != 0 && strcmp(value, "Domain-0") != 0)
			spec_error(spec, name, "dom0 serves all devices: leave backend out");
	} else {
		return false;
	}
	return true;
}

static void read_vif_part(struct spec *spec, struct guest_network_config *network)
{
	static const char *const words[] = {"mac",   "bridge", "script",     "vifname",
					    "ip",    "rate",   "mtu",	     "devid",
					    "model", "type",   "gatewaydev", "backend"};
	struct reading *reading = &spec->xlcfg->reading;
	const char *name = spec->part, *near;

	if (!*name && !spec->named)
		return;
	if (spec->named && strcmp(name, "bridge") == 0) {
		reading_set(reading, &network->bridge, spec->named);
	} else if (spec->named && strcmp(name, "script") == 0) {
		reading_set(reading, &network->script, spec->named);
	} else if (spec->named && strcmp(name, "vifname") == 0) {
		reading_set(reading, &network->device, spec->named);
	} else if (spec->named && strcmp(name, "ip") == 0) {
		reading_set(reading, &network->address, spec->named);
	} else if (!read_vif_option(spec, network)) {
		near = guest_word_near(name, words, ARRAY_SIZE(words));
		spec_error(spec, name, "\"%.40s\" is no word of a network interface%s%s%s", name,
			   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
}

static void read_network(struct xlcfg *xlcfg, const struct xl_value *value)
{
	struct guest_network_config *network;
	struct spec spec;

	if (!spec_begin(&spec, xlcfg, value, "vif"))
		return;
	network = guest_config_add_network(xlcfg->reading.config);
	if (!network)
		xlcfg->reading.out_of_memory = true;
	else
		reading_note(&xlcfg->reading, GUEST_FIELD_NETWORK,
			     xlcfg->reading.config->network_count - 1, value->place);
	while (network && spec_next(&spec))
		read_vif_part(&spec, network);
	free(spec.text);
}

void xlcfg_networks(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		    const struct xl_value *value)
{
	read_list(xlcfg, value, rule->key, read_network);
}
