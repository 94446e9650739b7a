/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/xmltree.h - an XML file as a tree of elements, each with the
 * exact place of its tag and attributes.  libxml2 parses, with network, DTDs and
 * entities off; a document type declaration ends the reading, so that nothing can
 * be declared that grows.  What the elements mean is domxml's.
 */
#pragma once

#include "dom0-tools/config/reading.h"

#define XML_TREE_NODES 20000 /* elements and attributes; a domain has hundreds */
#define XML_TREE_DEPTH 32

struct xml_attribute {
	char *name, *value;
	struct place place;
	struct xml_attribute *next;
};

/* Elements of libvirt have plain names, ours "enso:NAME", others "PREFIX:NAME". */
struct xml_node {
	char *name;
	char *text; /* of this element alone, children's left out; never NULL */
	size_t text_bytes;
	struct place place;
	struct xml_attribute *attributes;
	struct xml_node *parent, *first, *last, *next;
};

/*
 * The text of `reading` as a tree; NULL when it is not one, which the
 * diagnostics then say (or reading->out_of_memory).
 */
MUST_CHECK
struct xml_node *xml_tree_read(struct reading *reading);
void xml_tree_free(struct xml_node *root);

/* The first child of that name, an attribute's value; NULL: there is none. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const struct xml_attribute *xml_attribute(const struct xml_node *node, const char *name);
const char *xml_value(const struct xml_node *node, const char *attribute);
