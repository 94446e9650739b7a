/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/domxml_rules.h - what becomes of each element and attribute
 * of libvirt's format: one table, which the reader walks by and docs/config.md
 * lists.  What is in no row is an error: nobody has thought about it.
 */
#pragma once

#include "dom0-tools/config/xmltree.h"

enum domxml_policy {
	DOMXML_READ,	/* honoured                                              */
	DOMXML_MOOT,	/* accepted: it makes no difference here                 */
	DOMXML_WARNED,	/* a warning: the guest is the same, or as good, without */
	DOMXML_REFUSED, /* an error: the guest would differ                      */
};

/* What the readers of elements fill. */
struct domxml {
	struct reading reading;
	bool current_memory_given, cpuset_given;
	struct guest_cpu_set cpuset; /* of vCPUs that no <vcpupin> names */
	struct place cpuset_place;
};

struct domxml_rule {
	/* Below <domain>: "devices/disk/target@dev"; a last "*" is any other child. */
	const char *path;
	enum domxml_policy policy;
	bool text;	    /* the element has text                     */
	bool many;	    /* may stand more than once in its parent   */
	const char *values; /* "a|b": what the text or value may be     */
	void (*read)(struct domxml *domxml, const struct xml_node *node);
	const char *note; /* why, for people: the message and the document */
};

extern const struct domxml_rule domxml_rules[];
extern const size_t domxml_rule_count;

/* The rule of a path; an exact one before one that ends in "*". */
const struct domxml_rule *domxml_rule_find(const char *path);

/* An element's text without the blanks around it; the tree's, which is cut in place. */
const char *domxml_text(const struct xml_node *node);

/* The readers of elements, in domxml_elements.c and domxml_devices.c. */
void domxml_name(struct domxml *domxml, const struct xml_node *node);
void domxml_uuid(struct domxml *domxml, const struct xml_node *node);
void domxml_title(struct domxml *domxml, const struct xml_node *node);
void domxml_description(struct domxml *domxml, const struct xml_node *node);
void domxml_memory(struct domxml *domxml, const struct xml_node *node);
void domxml_current_memory(struct domxml *domxml, const struct xml_node *node);
void domxml_vcpu(struct domxml *domxml, const struct xml_node *node);
void domxml_one_vcpu(struct domxml *domxml, const struct xml_node *node);
void domxml_cputune(struct domxml *domxml, const struct xml_node *node);
void domxml_vcpupin(struct domxml *domxml, const struct xml_node *node);
void domxml_bootloader(struct domxml *domxml, const struct xml_node *node);
void domxml_os_type(struct domxml *domxml, const struct xml_node *node);
void domxml_kernel(struct domxml *domxml, const struct xml_node *node);
void domxml_initrd(struct domxml *domxml, const struct xml_node *node);
void domxml_cmdline(struct domxml *domxml, const struct xml_node *node);
void domxml_clock(struct domxml *domxml, const struct xml_node *node);
void domxml_timer(struct domxml *domxml, const struct xml_node *node);
void domxml_action(struct domxml *domxml, const struct xml_node *node);
void domxml_maptrack(struct domxml *domxml, const struct xml_node *node);
void domxml_controller(struct domxml *domxml, const struct xml_node *node);
void domxml_disk(struct domxml *domxml, const struct xml_node *node);
void domxml_interface(struct domxml *domxml, const struct xml_node *node);
