/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xlcfg_keys.h - what becomes of each key of xl.cfg(5): one
 * table, which the reader goes by and docs/config.md lists.  A key in no row is
 * an error.
 */
#pragma once

#include "dom0-tools/config/xlcfg_parse.h"

enum xlcfg_policy {
	XLCFG_READ,    /* honoured                                               */
	XLCFG_WARNED,  /* a warning: the guest is the same, or as good, without  */
	XLCFG_REFUSED, /* an error, unless it is an empty list: the guest would differ */
};

/* What the readers of keys fill. */
struct xlcfg {
	struct reading reading;
	const struct xl_assignment *assignment; /* the present one */
	bool vcpus_max_given, memory_max_given, command_line_given;
	bool for_all_given; /* cpus="...": all vCPUs */
	struct guest_cpu_set for_all;
	char *root, *extra;
	struct place extra_place;
};

struct xlcfg_rule {
	const char *key;
	enum xlcfg_policy policy;
	const char *values; /* "a|b": what may be given */
	void (*read)(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
		     const struct xl_value *value);
	size_t offset; /* in struct guest_config, of what it sets */
	enum guest_field field;
	const char *note; /* why, for people: the message and the document */
};

extern const struct xlcfg_rule xlcfg_rules[];
extern const size_t xlcfg_rule_count;

const struct xlcfg_rule *xlcfg_rule_find(const char *key);

/* The readers of values, in xlcfg_read.c and xlcfg_devices.c. */
typedef void xlcfg_reader(struct xlcfg *xlcfg, const struct xlcfg_rule *rule,
			  const struct xl_value *value);
xlcfg_reader xlcfg_string, xlcfg_number, xlcfg_action, xlcfg_uuid, xlcfg_type, xlcfg_megabytes;
xlcfg_reader xlcfg_vcpus, xlcfg_maxvcpus, xlcfg_cpus, xlcfg_root, xlcfg_extra, xlcfg_cmdline;
xlcfg_reader xlcfg_firmware, xlcfg_localtime, xlcfg_timeoffset, xlcfg_disks, xlcfg_networks;

/* A string's contents, "" and told when it is none; a number, likewise 0. */
const char *xlcfg_text(struct xlcfg *xlcfg, const struct xl_value *value);
uint64_t xlcfg_integer(struct xlcfg *xlcfg, const struct xl_value *value, uint64_t most);
