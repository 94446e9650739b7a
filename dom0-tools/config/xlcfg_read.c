/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xlcfg_read.c - judges each key by the rules and reads those
 * that are no devices.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dom0-tools/config/values.h"
#include "dom0-tools/config/xlcfg.h"
#include "dom0-tools/config/xlcfg_keys.h"

#define PVGRUB "/usr/lib/grub-xen/grub-x86_64-xen.bin"

/* What guest_config_check's fields are called here. */
static const char *const field_words[GUEST_FIELDS] = {
	[GUEST_FIELD_MEMORY_MAX] = "maxmem",
	[GUEST_FIELD_VCPUS_MAX] = "maxvcpus",
	[GUEST_FIELD_VCPU] = "cpus",
	[GUEST_FIELD_WEIGHT] = "cpu_weight",
	[GUEST_FIELD_COMMAND_LINE] = "cmdline",
	[GUEST_FIELD_TIME_OFFSET] = "rtc_timeoffset",
	[GUEST_FIELD_DISK] = "disk",
	[GUEST_FIELD_NETWORK] = "vif",
};

static const char *key_of(const struct xlcfg *xlcfg)
{
	return xlcfg->assignment->key;
}

const char *xlcfg_text(struct xlcfg *xlcfg, const struct xl_value *value)
{
	if (value->kind == XL_STRING)
		return value->text;
	reading_error(&xlcfg->reading, value->place, key_of(xlcfg),
		      "a \"string\" is wanted, not %s",
		      value->kind == XL_LIST ? "a list" : "a number");
	return "";
}

/* A number, also in quotes, as xen-tools and others write it. */
static const char *number_text(struct xlcfg *xlcfg, const struct xl_value *value)
{
	if (value->kind != XL_LIST)
		return value->text;
	reading_error(&xlcfg->reading, value->place, key_of(xlcfg),
		      "a number is wanted, not a list");
	return NULL;
}

uint64_t xlcfg_integer(struct xlcfg *xlcfg, const struct xl_value *value, uint64_t most)
{
	const char *text = number_text(xlcfg, value);
	uint64_t number = 0;

	if (text && (!guest_number_parse(text, 0, &number) || number > most)) {
		reading_error(&xlcfg->reading, value->place, key_of(xlcfg),
			      "\"%.40s\" is no whole number up to %llu", text,
			      (unsigned long long)most);
		return 0;
	}
	return number;
}

static void *slot_of(struct xlcfg *xlcfg, const struct xlcfg_rule *rule)
{
	return (char *)xlcfg->reading.config + rule->offset;
}

void xlcfg_string(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	reading_set(&xlcfg->reading, slot_of(xlcfg, rule), xlcfg_text(xlcfg, value));
}

void xlcfg_number(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	*(uint32_t *)slot_of(xlcfg, rule) = (uint32_t)xlcfg_integer(xlcfg, value, UINT32_MAX);
}

void xlcfg_megabytes(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		     const struct xl_value *value)
{
	*(uint64_t *)slot_of(xlcfg, rule) = xlcfg_integer(xlcfg, value, UINT64_MAX >> 20) << 10;
	if (rule->field == GUEST_FIELD_MEMORY_MAX)
		xlcfg->memory_max_given = true;
}

void xlcfg_vcpus(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	xlcfg_number(xlcfg, rule, value);
}

void xlcfg_maxvcpus(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		    const struct xl_value *value)
{
	xlcfg_number(xlcfg, rule, value);
	xlcfg->vcpus_max_given = true;
}

void xlcfg_action(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	const char *text = xlcfg_text(xlcfg, value);
	enum guest_action *slot = slot_of(xlcfg, rule);

	if (!*text)
		return;
	if (!guest_action_parse(text, slot))
		reading_error(&xlcfg->reading, value->place, key_of(xlcfg),
			      "\"%.40s\" is %s: destroy, restart, preserve, rename-restart, "
			      "coredump-destroy and coredump-restart are known",
			      text,
			      strcmp(text, "soft-reset") == 0 ? "nothing for PV guests"
							      : "unknown");
	else
		reading_check_action(&xlcfg->reading, value->place, key_of(xlcfg), *slot);
}

void xlcfg_uuid(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	const char *text = xlcfg_text(xlcfg, value);
	uint8_t *uuid = slot_of(xlcfg, rule);
	static const uint8_t none[16];

	if (value->kind != XL_STRING)
		return;
	if (!guest_uuid_parse(text, uuid))
		reading_error(&xlcfg->reading, value->place, "uuid",
			      "\"%.60s\" is no uuid: 32 hexadecimal digits, as uuidgen prints them",
			      text);
	else if (memcmp(uuid, none, sizeof(none)) == 0)
		reading_error(&xlcfg->reading, value->place, "uuid",
			      "a uuid of zeros is dom0's own");
}

void xlcfg_type(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	const char *text = xlcfg_text(xlcfg, value);
	enum guest_type *type = slot_of(xlcfg, rule);

	if (strcmp(text, "generic") == 0 || strcmp(text, "linux") == 0)
		*type = GUEST_PV;
	else if (value->kind == XL_STRING && !guest_type_parse(text, type))
		reading_error(&xlcfg->reading, value->place, key_of(xlcfg),
			      "\"%.40s\" is no type of guests: \"pv\" is", text);
}

static bool read_cpu_set(struct xlcfg *xlcfg, const struct xl_value *value,
			 struct guest_cpu_set *cpus)
{
	const char *text = number_text(xlcfg, value);

	if (!text)
		return false;
	if (guest_cpu_set_parse(text, cpus))
		return true;
	if (strstr(text, "node"))
		reading_error(&xlcfg->reading, value->place, "cpus",
			      "nodes are not known: name the CPUs, as in \"0-3\"");
	else
		reading_error(&xlcfg->reading, value->place, "cpus",
			      "\"%.60s\" is no set of CPUs below %d, as in \"0-3,^2,8\"", text,
			      GUEST_CPUS_MAX);
	return false;
}

void xlcfg_cpus(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	struct guest_config *config = xlcfg->reading.config;
	struct guest_cpu_set cpus;
	uint32_t vcpu = 0;

	if (value->kind != XL_LIST) {
		xlcfg->for_all_given = read_cpu_set(xlcfg, value, &xlcfg->for_all);
		return;
	}
	for (const struct xl_value *item = value->first; item; item = item->next, vcpu++) {
		if (vcpu == GUEST_VCPUS_MAX) {
			reading_error(&xlcfg->reading, item->place, "cpus",
				      "a guest has at most %d vCPUs", GUEST_VCPUS_MAX);
			break;
		}
		reading_note(&xlcfg->reading, rule->field, vcpu, item->place);
		if (!read_cpu_set(xlcfg, item, &cpus) || guest_cpu_set_full(&cpus))
			continue;
		config->vcpu[vcpu].pinned = true;
		config->vcpu[vcpu].cpus = cpus;
		config->vcpu_config_count = vcpu + 1;
	}
}

void xlcfg_root(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	(void)rule;
	reading_set(&xlcfg->reading, &xlcfg->root, xlcfg_text(xlcfg, value));
	xlcfg->extra_place = xlcfg->assignment->place;
}

void xlcfg_extra(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	(void)rule;
	reading_set(&xlcfg->reading, &xlcfg->extra, xlcfg_text(xlcfg, value));
	xlcfg->extra_place = xlcfg->assignment->place;
}

void xlcfg_cmdline(struct xlcfg *xlcfg, const struct xlcfg_rule *rule, const struct xl_value *value)
{
	xlcfg->command_line_given = true;
	xlcfg_string(xlcfg, rule, value);
}

void xlcfg_firmware(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		    const struct xl_value *value)
{
	const char *text = xlcfg_text(xlcfg, value);
	char **kernel = slot_of(xlcfg, rule);

	if (strcmp(text, "pvgrub64") != 0)
		reading_error(&xlcfg->reading, value->place, "firmware",
			      "\"%.40s\" is not supported: \"pvgrub64\" is, or a kernel", text);
	else if (!*kernel)
		reading_set(&xlcfg->reading, kernel, PVGRUB);
}

void xlcfg_localtime(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		     const struct xl_value *value)
{
	time_t now = time(NULL);
	struct tm local;

	if (xlcfg_integer(xlcfg, value, UINT32_MAX) && localtime_r(&now, &local))
		*(int64_t *)slot_of(xlcfg, rule) += local.tm_gmtoff;
}

void xlcfg_timeoffset(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		      const struct xl_value *value)
{
	const char *text = number_text(xlcfg, value);
	int64_t seconds, *slot = slot_of(xlcfg, rule);

	if (!text)
		return;
	if (!guest_signed_parse(text, &seconds))
		reading_error(&xlcfg->reading, value->place, key_of(xlcfg),
			      "\"%.40s\" is no number of seconds", text);
	else if (__builtin_add_overflow(*slot, seconds, slot))
		*slot = INT64_MAX; /* which the check refuses */
}

/* Whether a value is one of "a|b"; numbers are compared as numbers. */
static bool is_among(const struct xl_value *value, const char *words)
{
	uint64_t number;
	char text[32];

	if (value->kind == XL_LIST)
		return false;
	for (const char *word = words; *word; word += *word == '|') {
		size_t length = strcspn(word, "|");
		uint64_t wanted;

		snprintf(text, sizeof(text), "%.*s", (int)length, word);
		if (strcmp(text, value->text) == 0 ||
		    (guest_number_parse(text, 0, &wanted) &&
		     guest_number_parse(value->text, 0, &number) && number == wanted))
			return true;
		word += length;
	}
	return false;
}

static void refuse_unknown(struct xlcfg *xlcfg)
{
	const char *words[256], *near;
	size_t count = 0;

	for (; count < MIN(xlcfg_rule_count, ARRAY_SIZE(words)); count++)
		words[count] = xlcfg_rules[count].key;
	near = guest_word_near(key_of(xlcfg), words, count);
	reading_error(&xlcfg->reading, xlcfg->assignment->place, key_of(xlcfg),
		      "is no key of xl.cfg%s%s%s", near ? "; did you mean " : "", near ? near : "",
		      near ? "?" : "");
}

static bool is_empty_list(const struct xl_value *value)
{
	return value->kind == XL_LIST && !value->first;
}

static void judge(struct xlcfg *xlcfg)
{
	const struct xl_assignment *assignment = xlcfg->assignment;
	const struct xlcfg_rule *rule = xlcfg_rule_find(assignment->key);
	const struct xl_value *value = assignment->value;

	if (!rule) {
		refuse_unknown(xlcfg);
	} else if (rule->policy == XLCFG_REFUSED && !is_empty_list(value)) {
		reading_error(&xlcfg->reading, assignment->place, rule->key, "is not supported: %s",
			      rule->note);
	} else if (rule->policy == XLCFG_WARNED) {
		reading_warning(&xlcfg->reading, assignment->place, rule->key, "is ignored: %s",
				rule->note);
	} else if (rule->values && !is_among(value, rule->values)) {
		reading_error(&xlcfg->reading, value->place, rule->key,
			      "\"%.40s\" is not supported, %s is: %s",
			      value->text ? value->text : "[...]", rule->values, rule->note);
	} else if (rule->read) {
		if (rule->field != GUEST_FIELDS)
			reading_note(&xlcfg->reading, rule->field, 0, assignment->place);
		rule->read(xlcfg, rule, value);
	}
}

/* Of two assignments the later counts, as in Python; it is told, for one is a mistake. */
static bool is_given_later(struct xlcfg *xlcfg)
{
	const struct xl_assignment *assignment = xlcfg->assignment;

	for (const struct xl_assignment *later = assignment->next; later; later = later->next) {
		if (strcmp(later->key, assignment->key) != 0)
			continue;
		reading_warning(&xlcfg->reading, assignment->place, assignment->key,
				"is given again in line %u, which counts", later->place.line);
		return true;
	}
	return false;
}

static void join_command_line(struct xlcfg *xlcfg)
{
	char *joined;

	if (!xlcfg->root && !xlcfg->extra)
		return;
	if (xlcfg->command_line_given) {
		reading_warning(&xlcfg->reading, xlcfg->extra_place, "extra",
				"root and extra are ignored: cmdline is given");
		return;
	}
	if (asprintf(&joined, "%s%s%s%s", xlcfg->root ? "root=" : "",
		     xlcfg->root ? xlcfg->root : "", xlcfg->root && xlcfg->extra ? " " : "",
		     xlcfg->extra ? xlcfg->extra : "") < 0) {
		xlcfg->reading.out_of_memory = true;
		return;
	}
	xlcfg->reading.config->command_line = joined;
}

/* What is said only by leaving it out. */
static void fill_in(struct xlcfg *xlcfg)
{
	struct guest_config *config = xlcfg->reading.config;

	if (!xlcfg->memory_max_given)
		config->memory_max_kib = config->memory_kib;
	if (!xlcfg->vcpus_max_given)
		config->vcpus_max = config->vcpus;
	if (xlcfg->for_all_given && !guest_cpu_set_full(&xlcfg->for_all)) {
		config->vcpu_config_count = MIN(config->vcpus_max, (uint32_t)GUEST_VCPUS_MAX);
		for (uint32_t i = 0; i < config->vcpu_config_count; i++) {
			config->vcpu[i].pinned = true;
			config->vcpu[i].cpus = xlcfg->for_all;
		}
	}
	join_command_line(xlcfg);
}

int xlcfg_read_memory(const char *name, const char *text, size_t bytes,
		      struct guest_config **config, struct diagnostics *diagnostics,
		      struct failure *failure)
{
	struct xlcfg xlcfg = {
		.reading = {.file = name,
			    .text = text,
			    .bytes = bytes,
			    .diagnostics = diagnostics,
			    .config = guest_config_new(),
			    .root = {1, 1},
			    .field_words = field_words},
	};
	struct xl_assignment *first = NULL;
	bool whole = false;

	*config = NULL;
	if (!xlcfg.reading.config)
		return failure_set(failure, ENOMEM, name, NULL, "out of memory");
	if (reading_check_text(&xlcfg.reading))
		first = xl_parse(&xlcfg.reading, &whole);
	for (xlcfg.assignment = first; xlcfg.assignment && diagnostics->errors <= DIAGNOSTICS_KEPT;
	     xlcfg.assignment = xlcfg.assignment->next)
		if (!is_given_later(&xlcfg))
			judge(&xlcfg);
	fill_in(&xlcfg);
	xl_free(first);
	free(xlcfg.root);
	free(xlcfg.extra);
	return reading_finish(&xlcfg.reading, whole, config, failure);
}

int xlcfg_read(const char *path, struct guest_config **config, struct diagnostics *diagnostics,
	       struct failure *failure)
{
	size_t bytes;
	char *text;
	int error;

	*config = NULL;
	error = reading_load(path, &text, &bytes, failure);
	if (error)
		return error;
	error = xlcfg_read_memory(path, text, bytes, config, diagnostics, failure);
	free(text);
	return error;
}
