/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/domxml_read.c - walks a domain's tree by the rules.  All that
 * is wrong is found in one pass; what elements mean is domxml_elements.c's and
 * domxml_devices.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"
#include "dom0-tools/config/domxml_rules.h"
#include "dom0-tools/config/values.h"

#define PATH_ROOM 256

/* What guest_config_check's fields are called here. */
static const char *const field_words[GUEST_FIELDS] = {
	[GUEST_FIELD_NAME] = "<name>",
	[GUEST_FIELD_UUID] = "<uuid>",
	[GUEST_FIELD_TITLE] = "<title>",
	[GUEST_FIELD_DESCRIPTION] = "<description>",
	[GUEST_FIELD_TYPE] = "<type>",
	[GUEST_FIELD_MEMORY] = "<memory>",
	[GUEST_FIELD_MEMORY_MAX] = "<memory>",
	[GUEST_FIELD_VCPUS] = "<vcpu>",
	[GUEST_FIELD_VCPUS_MAX] = "<vcpu>",
	[GUEST_FIELD_VCPU] = "<vcpupin>",
	[GUEST_FIELD_WEIGHT] = "<shares>",
	[GUEST_FIELD_CAP] = "<global_quota>",
	[GUEST_FIELD_KERNEL] = "<kernel>",
	[GUEST_FIELD_RAMDISK] = "<initrd>",
	[GUEST_FIELD_COMMAND_LINE] = "<cmdline>",
	[GUEST_FIELD_BOOTLOADER] = "<bootloader>",
	[GUEST_FIELD_TIME_OFFSET] = "<clock>",
	[GUEST_FIELD_GRANT_FRAMES] = "<controller maxGrantFrames>",
	[GUEST_FIELD_MAPTRACK_FRAMES] = "<enso:max_maptrack_frames>",
	[GUEST_FIELD_EVENT_CHANNELS] = "<controller maxEventChannels>",
	[GUEST_FIELD_DISK] = "<disk>",
	[GUEST_FIELD_NETWORK] = "<interface>",
};

static bool is_blank_text(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

/* Whether `text` is one of "a|b|c". */
static bool is_among(const char *text, const char *words)
{
	size_t length = strlen(text);

	for (const char *word = words; *word; word += *word == '|') {
		size_t word_length = strcspn(word, "|");

		if (word_length == length && memcmp(word, text, length) == 0)
			return true;
		word += word_length;
	}
	return false;
}

/* The nearest name that could stand where `path` does. */
static const char *suggestion(const char *path)
{
	const char *last = strpbrk(path, "@") ?: strrchr(path, '/'), *words[80];
	size_t parent = last ? (size_t)(last - path) + 1 : 0, count = 0;

	for (size_t i = 0; i < domxml_rule_count && count < ARRAY_SIZE(words); i++) {
		const char *rule = domxml_rules[i].path;

		if (strncmp(rule, path, parent) == 0 && !strpbrk(rule + parent, "/@*"))
			words[count++] = rule + parent;
	}
	return guest_word_near(path + parent, words, count);
}

/* What the rule alone says about an element or attribute; whether it is to be read. */
static bool judge(struct domxml *domxml, const struct domxml_rule *rule, const char *path,
		  struct place place, const char *what, const char *value)
{
	struct reading *reading = &domxml->reading;
	const char *near;

	if (!rule) {
		near = reading->diagnostics->errors < DIAGNOSTICS_KEPT ? suggestion(path) : NULL;
		reading_error(reading, place, what, "is unknown here%s%s%s",
			      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
		return false;
	}
	if (rule->policy == DOMXML_REFUSED)
		reading_error(reading, place, what, "is not supported: %s", rule->note);
	if (rule->policy == DOMXML_WARNED)
		reading_warning(reading, place, what, "is ignored: %s", rule->note);
	if (rule->policy == DOMXML_READ && rule->values && !is_among(value, rule->values))
		reading_error(reading, place, what, "\"%.40s\" is not supported, %s is%s%s", value,
			      rule->values, rule->note ? ": " : "", rule->note ? rule->note : "");
	return rule->policy == DOMXML_READ;
}

static void judge_attributes(struct domxml *domxml, const struct xml_node *node, const char *path)
{
	char attribute_path[PATH_ROOM];

	for (const struct xml_attribute *attribute = node->attributes; attribute;
	     attribute = attribute->next) {
		snprintf(attribute_path, sizeof(attribute_path), "%s@%s", path, attribute->name);
		if (strncmp(attribute->name, "xml:", 4) != 0)
			(void)judge(domxml, domxml_rule_find(attribute_path), attribute_path,
				    attribute->place, attribute->name, attribute->value);
	}
}

static bool stood_before(const struct xml_node *node)
{
	return xml_child(node->parent, node->name) != node;
}

static void refuse_text(struct domxml *domxml, const struct xml_node *node)
{
	if (!is_blank_text(node->text))
		reading_error(&domxml->reading, node->place, node->name,
			      "has text, \"%.40s\", where none belongs", domxml_text(node));
}

/* Judges and reads an element; whether its children are to be walked. */
static bool visit(struct domxml *domxml, const struct xml_node *node, const char *path)
{
	const struct domxml_rule *rule = domxml_rule_find(path);
	char what[PATH_ROOM];

	snprintf(what, sizeof(what), "<%.200s>", node->name);
	if (!judge(domxml, rule, path, node->place, what, node->text))
		return false;
	judge_attributes(domxml, node, path);
	if (!rule->many && stood_before(node)) {
		reading_error(&domxml->reading, node->place, what,
			      "stands twice: which of both counts is nobody's guess");
		return false;
	}
	if (!rule->text)
		refuse_text(domxml, node);
	if (rule->read)
		rule->read(domxml, node);
	return true;
}

/* The path of a child below <domain>. */
static void child_path(char *path, size_t room, const char *parent, const char *name)
{
	snprintf(path, room, "%s%s%s", parent, *parent ? "/" : "", name);
}

static void walk(struct domxml *domxml, const struct xml_node *node, const char *path)
{
	for (const struct xml_node *child = node->first; child; child = child->next) {
		char below[PATH_ROOM];

		child_path(below, sizeof(below), path, child->name);
		if (visit(domxml, child, below))
			walk(domxml, child, below);
	}
}

static void apply_cpuset(struct domxml *domxml)
{
	struct guest_config *config = domxml->reading.config;
	uint32_t vcpus = MIN(config->vcpus_max, (uint32_t)GUEST_VCPUS_MAX);

	if (!domxml->cpuset_given || guest_cpu_set_full(&domxml->cpuset))
		return;
	for (uint32_t i = 0; i < vcpus; i++) {
		if (config->vcpu[i].pinned)
			continue;
		config->vcpu[i].pinned = true;
		config->vcpu[i].cpus = domxml->cpuset;
		reading_note(&domxml->reading, GUEST_FIELD_VCPU, i, domxml->cpuset_place);
	}
	config->vcpu_config_count = MAX(config->vcpu_config_count, vcpus);
}

static bool is_domain(struct domxml *domxml, const struct xml_node *root)
{
	domxml->reading.root = root->place;
	if (strcmp(root->name, "domain") == 0) {
		if (!xml_attribute(root, "type"))
			reading_error(&domxml->reading, root->place, "<domain>",
				      "needs type='xen'");
		return true;
	}
	reading_error(&domxml->reading, root->place, root->name,
		      "is no guest: libvirt's <domain> is; of <domstatus> and the like take the "
		      "<domain>");
	return false;
}

int domxml_read_memory(const char *name, const char *text, size_t bytes,
		       struct guest_config **config, struct diagnostics *diagnostics,
		       struct failure *failure)
{
	struct domxml domxml = {
		.reading = {.file = name,
			    .text = text,
			    .bytes = bytes,
			    .diagnostics = diagnostics,
			    .config = guest_config_new(),
			    .root = {1, 1},
			    .field_words = field_words},
	};
	struct xml_node *root = NULL;
	bool usable = false;

	*config = NULL;
	if (!domxml.reading.config)
		return failure_set(failure, ENOMEM, name, NULL, "out of memory");
	if (reading_check_text(&domxml.reading))
		root = xml_tree_read(&domxml.reading);
	if (root && is_domain(&domxml, root)) {
		judge_attributes(&domxml, root, "");
		refuse_text(&domxml, root);
		walk(&domxml, root, "");
		apply_cpuset(&domxml);
		usable = true;
	}
	xml_tree_free(root);
	return reading_finish(&domxml.reading, usable, config, failure);
}

int domxml_read(const char *path, struct guest_config **config, struct diagnostics *diagnostics,
		struct failure *failure)
{
	size_t bytes;
	char *text;
	int error = reading_load(path, &text, &bytes, failure);

	*config = NULL;
	if (error)
		return error;
	error = domxml_read_memory(path, text, bytes, config, diagnostics, failure);
	free(text);
	return error;
}
