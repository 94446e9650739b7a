/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/domxml_elements.c - what the elements of a domain mean that
 * are no devices.  The rules have judged them already.
 */
#include <string.h>
#include <time.h>

#include "dom0-tools/config/domxml_rules.h"
#include "dom0-tools/config/values.h"

const char *domxml_text(const struct xml_node *node)
{
	char *text = node->text + strspn(node->text, " \t\r\n");
	size_t length = strlen(text);

	while (length && strchr(" \t\r\n", text[length - 1]))
		text[--length] = 0;
	return text;
}

static void set_text(struct domxml *domxml, enum guest_field field, char **slot,
		     const struct xml_node *node)
{
	reading_note(&domxml->reading, field, 0, node->place);
	reading_set(&domxml->reading, slot, domxml_text(node));
}

/* A name and words for people are what they are, blanks too. */
static void set_whole_text(struct domxml *domxml, enum guest_field field, char **slot,
			   const struct xml_node *node)
{
	reading_note(&domxml->reading, field, 0, node->place);
	reading_set(&domxml->reading, slot, node->text);
}

void domxml_name(struct domxml *domxml, const struct xml_node *node)
{
	set_whole_text(domxml, GUEST_FIELD_NAME, &domxml->reading.config->name, node);
}

void domxml_title(struct domxml *domxml, const struct xml_node *node)
{
	set_whole_text(domxml, GUEST_FIELD_TITLE, &domxml->reading.config->title, node);
}

void domxml_description(struct domxml *domxml, const struct xml_node *node)
{
	set_whole_text(domxml, GUEST_FIELD_DESCRIPTION, &domxml->reading.config->description, node);
}

void domxml_kernel(struct domxml *domxml, const struct xml_node *node)
{
	set_text(domxml, GUEST_FIELD_KERNEL, &domxml->reading.config->kernel, node);
}

void domxml_initrd(struct domxml *domxml, const struct xml_node *node)
{
	set_text(domxml, GUEST_FIELD_RAMDISK, &domxml->reading.config->ramdisk, node);
}

void domxml_cmdline(struct domxml *domxml, const struct xml_node *node)
{
	set_text(domxml, GUEST_FIELD_COMMAND_LINE, &domxml->reading.config->command_line, node);
}

void domxml_bootloader(struct domxml *domxml, const struct xml_node *node)
{
	set_text(domxml, GUEST_FIELD_BOOTLOADER, &domxml->reading.config->bootloader, node);
}

void domxml_uuid(struct domxml *domxml, const struct xml_node *node)
{
	static const uint8_t none[16];
	struct reading *reading = &domxml->reading;

	reading_note(reading, GUEST_FIELD_UUID, 0, node->place);
	if (!guest_uuid_parse(domxml_text(node), reading->config->uuid))
		reading_error(reading, node->place, "<uuid>",
			      "\"%.60s\" is no uuid: 32 hexadecimal digits, as uuidgen prints them",
			      domxml_text(node));
	else if (memcmp(reading->config->uuid, none, sizeof(none)) == 0)
		reading_error(reading, node->place, "<uuid>", "a uuid of zeros is dom0's own");
}

static uint64_t read_size(struct domxml *domxml, const struct xml_node *node)
{
	const char *unit = xml_value(node, "unit");
	uint64_t kib = 0;

	if (!guest_size_parse(domxml_text(node), unit, &kib))
		reading_error(
			&domxml->reading, node->place, node->name,
			"\"%.60s\" %.20s is no size: a whole number of b, KiB, MiB, GiB or TiB",
			domxml_text(node), unit ? unit : "");
	return kib;
}

void domxml_memory(struct domxml *domxml, const struct xml_node *node)
{
	struct guest_config *config = domxml->reading.config;

	config->memory_max_kib = read_size(domxml, node);
	reading_note(&domxml->reading, GUEST_FIELD_MEMORY_MAX, 0, node->place);
	if (domxml->current_memory_given)
		return;
	config->memory_kib = config->memory_max_kib;
	reading_note(&domxml->reading, GUEST_FIELD_MEMORY, 0, node->place);
}

void domxml_current_memory(struct domxml *domxml, const struct xml_node *node)
{
	domxml->current_memory_given = true;
	domxml->reading.config->memory_kib = read_size(domxml, node);
	reading_note(&domxml->reading, GUEST_FIELD_MEMORY, 0, node->place);
}

/* A number of 1 to UINT32_MAX; told and 0 when it is none. */
static uint32_t read_count(struct domxml *domxml, struct place place, const char *what,
			   const char *text)
{
	uint64_t number;

	if (guest_number_parse(text, 10, &number) && number >= 1 && number <= UINT32_MAX)
		return (uint32_t)number;
	reading_error(&domxml->reading, place, what, "\"%.60s\" is no whole number from 1 on",
		      text);
	return 0;
}

static void read_cpus(struct domxml *domxml, struct place place, const char *what, const char *text,
		      struct guest_cpu_set *cpus)
{
	if (!guest_cpu_set_parse(text, cpus)) {
		reading_error(&domxml->reading, place, what,
			      "\"%.60s\" is no set of CPUs below %d, as in \"0-3,^2,8\"", text,
			      GUEST_CPUS_MAX);
		memset(cpus, 0xff, sizeof(*cpus));
	}
}

void domxml_vcpu(struct domxml *domxml, const struct xml_node *node)
{
	const struct xml_attribute *current = xml_attribute(node, "current");
	const struct xml_attribute *cpuset = xml_attribute(node, "cpuset");
	struct guest_config *config = domxml->reading.config;

	reading_note(&domxml->reading, GUEST_FIELD_VCPUS_MAX, 0, node->place);
	reading_note(&domxml->reading, GUEST_FIELD_VCPUS, 0,
		     current ? current->place : node->place);
	config->vcpus_max = read_count(domxml, node->place, "<vcpu>", domxml_text(node)) ?: 1;
	config->vcpus = config->vcpus_max;
	if (current)
		config->vcpus = read_count(domxml, current->place, "current", current->value) ?: 1;
	if (cpuset) {
		domxml->cpuset_given = true;
		domxml->cpuset_place = cpuset->place;
		read_cpus(domxml, cpuset->place, "cpuset", cpuset->value, &domxml->cpuset);
	}
}

/* <vcpus> repeats what <vcpu current=> says; what says otherwise is told. */
void domxml_one_vcpu(struct domxml *domxml, const struct xml_node *node)
{
	const char *id = xml_value(node, "id"), *enabled = xml_value(node, "enabled");
	const struct guest_config *config = domxml->reading.config;
	uint64_t number;

	if (!id || !guest_number_parse(id, 10, &number) || number >= config->vcpus_max)
		reading_error(&domxml->reading, node->place, "<vcpu>",
			      "needs the id of a vCPU, 0 to %u", config->vcpus_max - 1);
	else if (enabled && (strcmp(enabled, "yes") == 0) != (number < config->vcpus))
		reading_error(&domxml->reading, node->place, "<vcpu>",
			      "the first %u vCPUs start, the others do not: say so in "
			      "<vcpu current=>",
			      config->vcpus);
}

void domxml_vcpupin(struct domxml *domxml, const struct xml_node *node)
{
	const char *vcpu = xml_value(node, "vcpu"), *cpuset = xml_value(node, "cpuset");
	struct guest_config *config = domxml->reading.config;
	uint64_t number;

	if (!vcpu || !guest_number_parse(vcpu, 10, &number) || number >= GUEST_VCPUS_MAX) {
		reading_error(&domxml->reading, node->place, "<vcpupin>",
			      "needs vcpu=, a number below %d", GUEST_VCPUS_MAX);
		return;
	}
	if (!cpuset) {
		reading_error(&domxml->reading, node->place, "<vcpupin>",
			      "needs cpuset=, the CPUs that vCPU %s may run on", vcpu);
		return;
	}
	if (number < config->vcpu_config_count && config->vcpu[number].pinned)
		reading_error(&domxml->reading, node->place, "<vcpupin>",
			      "vCPU %s is pinned by another <vcpupin>", vcpu);
	config->vcpu[number].pinned = true;
	read_cpus(domxml, node->place, "cpuset", cpuset, &config->vcpu[number].cpus);
	config->vcpu_config_count = MAX(config->vcpu_config_count, (uint32_t)number + 1);
	reading_note(&domxml->reading, GUEST_FIELD_VCPU, number, node->place);
}

static uint64_t read_child_number(struct domxml *domxml, const struct xml_node *node,
				  const char *name)
{
	const struct xml_node *child = xml_child(node, name);

	return child ? read_count(domxml, child->place, child->name, domxml_text(child)) : 0;
}

void domxml_cputune(struct domxml *domxml, const struct xml_node *node)
{
	const struct xml_node *shares = xml_child(node, "shares");
	const struct xml_node *quota_node = xml_child(node, "global_quota");
	uint64_t period = read_child_number(domxml, node, "global_period"), quota;
	struct guest_config *config = domxml->reading.config;

	if (shares) {
		reading_note(&domxml->reading, GUEST_FIELD_WEIGHT, 0, shares->place);
		config->weight = (uint32_t)read_child_number(domxml, node, "shares") ?: 256;
	}
	/* libvirt: a quota of -1 is none, and the period then is 100 ms. */
	if (!quota_node || strcmp(domxml_text(quota_node), "-1") == 0)
		return;
	quota = read_child_number(domxml, node, "global_quota");
	reading_note(&domxml->reading, GUEST_FIELD_CAP, 0, quota_node->place);
	config->cap = (uint32_t)MIN((quota * 100 + (period ?: 100000) / 2) / (period ?: 100000),
				    UINT32_MAX);
	if (quota && !config->cap)
		config->cap = 1;
}

void domxml_os_type(struct domxml *domxml, const struct xml_node *node)
{
	const char *text = domxml_text(node), *machine = xml_value(node, "machine");
	struct guest_config *config = domxml->reading.config;

	reading_note(&domxml->reading, GUEST_FIELD_TYPE, 0, node->place);
	if (strcmp(text, "linux") == 0 || strcmp(text, "xen") == 0)
		config->type = machine && strcmp(machine, "xenpvh") == 0 ? GUEST_PVH : GUEST_PV;
	else if (strcmp(text, "xenpvh") == 0)
		config->type = GUEST_PVH;
	else if (strcmp(text, "hvm") == 0)
		config->type = GUEST_HVM;
	else
		reading_error(&domxml->reading, node->place, "<type>",
			      "\"%.40s\" is unknown: \"linux\" is a PV guest of any system", text);
}

/* Seconds that dom0's local time is ahead of UTC now. */
static int64_t local_offset(void)
{
	time_t now = time(NULL);
	struct tm local;

	return localtime_r(&now, &local) ? local.tm_gmtoff : 0;
}

void domxml_clock(struct domxml *domxml, const struct xml_node *node)
{
	const char *offset = xml_value(node, "offset") ?: "utc";
	const char *basis = xml_value(node, "basis") ?: "utc";
	const struct xml_attribute *adjustment = xml_attribute(node, "adjustment");
	struct guest_config *config = domxml->reading.config;
	int64_t seconds = 0;

	reading_note(&domxml->reading, GUEST_FIELD_TIME_OFFSET, 0, node->place);
	if (adjustment && strcmp(adjustment->value, "reset") != 0 &&
	    !guest_signed_parse(adjustment->value, &seconds))
		reading_error(&domxml->reading, adjustment->place, "adjustment",
			      "\"%.40s\" is no number of seconds", adjustment->value);
	config->time_offset_seconds = strcmp(offset, "variable") == 0 ? seconds : 0;
	if (strcmp(offset, "variable") != 0 && seconds)
		reading_error(&domxml->reading, adjustment->place, "adjustment",
			      "seconds go with offset=\"variable\"");
	if (strcmp(offset, "localtime") == 0 || strcmp(basis, "localtime") == 0)
		if (__builtin_add_overflow(config->time_offset_seconds, local_offset(),
					   &config->time_offset_seconds))
			config->time_offset_seconds = INT64_MAX;
}

/* Only time stamps are timers of a PV guest; what is switched off is off already. */
void domxml_timer(struct domxml *domxml, const struct xml_node *node)
{
	const char *name = xml_value(node, "name"), *present = xml_value(node, "present");

	if (name && (strcmp(name, "tsc") == 0 || strcmp(name, "xen") == 0))
		return;
	if (!name || !present || strcmp(present, "no") != 0)
		reading_warning(&domxml->reading, node->place, "<timer>",
				"a PV guest has Xen's timer and no %.40s", name ? name : "other");
}

void domxml_action(struct domxml *domxml, const struct xml_node *node)
{
	struct guest_config *config = domxml->reading.config;
	enum guest_action *slot = strcmp(node->name, "on_poweroff") == 0 ? &config->on_poweroff
				  : strcmp(node->name, "on_reboot") == 0 ? &config->on_reboot
				  : strcmp(node->name, "on_crash") == 0	 ? &config->on_crash
									 : &config->on_watchdog;

	if (!guest_action_parse(domxml_text(node), slot))
		reading_error(&domxml->reading, node->place, node->name,
			      "\"%.40s\" is unknown: destroy, restart, preserve, rename-restart, "
			      "coredump-destroy and coredump-restart are known",
			      domxml_text(node));
	else
		reading_check_action(&domxml->reading, node->place, node->name, *slot);
}

void domxml_maptrack(struct domxml *domxml, const struct xml_node *node)
{
	reading_note(&domxml->reading, GUEST_FIELD_MAPTRACK_FRAMES, 0, node->place);
	domxml->reading.config->max_maptrack_frames =
		read_count(domxml, node->place, node->name, domxml_text(node));
}
