/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/xmltree.c - xmltree.h says what it is for. */
#include "dom0-tools/config/xmltree.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/config/domxml.h"

#define TAG_ATTRIBUTES 64
#define TAG_EQUALS     2000

struct builder {
	struct reading *reading;
	xmlParserCtxtPtr parser;
	struct xml_node *root, *open;
	unsigned int depth, nodes;
	/* Places are asked for in the file's order: each line is counted once. */
	size_t counted, line_begin;
	unsigned int line;
	bool stopped;
};

static void stop(struct builder *builder)
{
	builder->stopped = true;
	xmlStopParser(builder->parser);
}

static void stop_without_memory(struct builder *builder)
{
	builder->reading->out_of_memory = true;
	stop(builder);
}

static struct place place_at(struct builder *builder, size_t offset)
{
	const char *text = builder->reading->text;

	if (offset < builder->line_begin)
		return reading_place(builder->reading, offset);
	for (; builder->counted < offset; builder->counted++)
		if (text[builder->counted] == '\n') {
			builder->line++;
			builder->line_begin = builder->counted + 1;
		}
	return (struct place){builder->line, (unsigned int)(offset - builder->line_begin) + 1};
}

/* How far the parser has come, in bytes of the file. */
static size_t parser_offset(struct builder *builder)
{
	long offset = xmlByteConsumed(builder->parser);

	return offset < 0 ? 0 : MIN((size_t)offset, builder->reading->bytes);
}

/* The '<' of the tag whose attributes end at `offset`: in values '<' cannot be. */
static size_t tag_begin(const struct builder *builder, size_t offset)
{
	const char *text = builder->reading->text;

	while (offset && text[offset] != '<')
		offset--;
	return offset;
}

static bool ends_name(char c)
{
	return strchr(" \t\r\n=/>", c) != NULL;
}

/*
 * The attribute's name in a tag's text, which libxml2 has found well-formed; the
 * tag's own place when it is not seen.
 */
static size_t attribute_offset(const struct builder *builder, size_t tag, size_t end,
			       const char *name)
{
	const char *text = builder->reading->text;
	size_t length = strlen(name), at = tag + 1;

	while (at < end && !ends_name(text[at]))
		at++;
	while (at < end) {
		size_t begin;
		const char *value_end;

		while (at < end && strchr(" \t\r\n", text[at]))
			at++;
		begin = at;
		while (at < end && !ends_name(text[at]))
			at++;
		if (at - begin == length && memcmp(text + begin, name, length) == 0)
			return begin;
		while (at < end && text[at] != '"' && text[at] != '\'')
			at++;
		if (at >= end)
			break;
		value_end = memchr(text + at + 1, text[at], end - at - 1);
		if (!value_end)
			break;
		at = (size_t)(value_end - text) + 1;
	}
	return tag;
}

static char *join_name(const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	const char *space = prefix ? (const char *)prefix : "?";
	char *name;

	if (!uri && !prefix)
		return strdup((const char *)local);
	if (uri && strcmp((const char *)uri, DOMXML_NAMESPACE) == 0)
		space = "enso";
	if (asprintf(&name, "%s:%s", space, (const char *)local) < 0)
		return NULL;
	return name;
}

/* An attribute's value; libxml2 leaves every '&' of one as "&#38;" when entities are off. */
static char *copy_value(const xmlChar *begin, const xmlChar *end)
{
	size_t length = (size_t)(end - begin), out = 0;
	char *value = strndup((const char *)begin, length);

	if (!value)
		return NULL;
	for (size_t in = 0; in < length && value[in]; in++) {
		value[out++] = value[in];
		if (strncmp(value + in, "&#38;", 5) == 0)
			in += 4;
	}
	value[out] = 0;
	return value;
}

static bool too_many(struct builder *builder, struct place place)
{
	if (++builder->nodes <= XML_TREE_NODES)
		return false;
	reading_error(builder->reading, place, "",
		      "more than %d elements and attributes: this is no domain", XML_TREE_NODES);
	stop(builder);
	return true;
}

static void add_attributes(struct builder *builder, struct xml_node *node, int count,
			   const xmlChar **fields, size_t tag, size_t end)
{
	struct xml_attribute **link = &node->attributes;

	for (int i = 0; i < count && !builder->stopped; i++, fields += 5) {
		struct xml_attribute *attribute = calloc(1, sizeof(*attribute));

		if (!attribute) {
			stop_without_memory(builder);
			return;
		}
		*link = attribute;
		link = &attribute->next;
		attribute->name = join_name(fields[0], fields[1], fields[2]);
		attribute->value = copy_value(fields[3], fields[4]);
		if (!attribute->name || !attribute->value) {
			stop_without_memory(builder);
			return;
		}
		attribute->place =
			place_at(builder, attribute_offset(builder, tag, end, attribute->name));
		too_many(builder, attribute->place);
	}
}

static void start_element(void *context, const xmlChar *local, const xmlChar *prefix,
			  const xmlChar *uri, int namespaces, const xmlChar **spaces,
			  int attributes, int defaulted, const xmlChar **fields)
{
	struct builder *builder = context;
	size_t end = parser_offset(builder), tag = tag_begin(builder, end);
	struct place place = place_at(builder, tag);
	struct xml_node *node;

	(void)namespaces, (void)spaces, (void)defaulted;
	if (builder->stopped || too_many(builder, place))
		return;
	if (++builder->depth > XML_TREE_DEPTH) {
		reading_error(builder->reading, place, (const char *)local,
			      "elements stand in each other more than %d deep", XML_TREE_DEPTH);
		stop(builder);
		return;
	}
	if (attributes > TAG_ATTRIBUTES) {
		reading_error(builder->reading, place, (const char *)local,
			      "more than %d attributes", TAG_ATTRIBUTES);
		stop(builder);
		return;
	}
	node = calloc(1, sizeof(*node));
	if (!node) {
		stop_without_memory(builder);
		return;
	}
	node->parent = builder->open;
	node->place = place;
	if (!node->parent)
		builder->root = node;
	else if (node->parent->last)
		node->parent->last->next = node;
	else
		node->parent->first = node;
	if (node->parent)
		node->parent->last = node;
	builder->open = node;
	node->name = join_name(local, prefix, uri);
	node->text = strdup("");
	if (!node->name || !node->text)
		stop_without_memory(builder);
	else
		add_attributes(builder, node, attributes, fields, tag, end);
}

static void end_element(void *context, const xmlChar *local, const xmlChar *prefix,
			const xmlChar *uri)
{
	struct builder *builder = context;

	(void)local, (void)prefix, (void)uri;
	if (builder->stopped || !builder->open)
		return;
	builder->open = builder->open->parent;
	builder->depth--;
}

static void characters(void *context, const xmlChar *text, int length)
{
	struct builder *builder = context;
	struct xml_node *node = builder->open;
	char *grown;

	if (builder->stopped || !node)
		return;
	/* Blanks between elements come in many pieces and mean nothing. */
	if (node->first && strspn((const char *)text, " \t\r\n") >= (size_t)length)
		return;
	grown = realloc(node->text, node->text_bytes + (size_t)length + 1);
	if (!grown) {
		stop_without_memory(builder);
		return;
	}
	memcpy(grown + node->text_bytes, text, (size_t)length);
	node->text = grown;
	node->text_bytes += (size_t)length;
	grown[node->text_bytes] = 0;
}

static void document_type(void *context, const xmlChar *name, const xmlChar *id,
			  const xmlChar *system)
{
	struct builder *builder = context;

	(void)name, (void)id, (void)system;
	if (builder->stopped)
		return;
	reading_error(builder->reading,
		      place_at(builder, tag_begin(builder, parser_offset(builder))), "<!DOCTYPE",
		      "a document type declaration is not accepted: take it out");
	stop(builder);
}

static void complain(void *context, xmlErrorPtr error)
{
	struct builder *builder = context;
	char text[300];

	if (builder->stopped)
		return;
	if (builder->reading->diagnostics->errors >= DIAGNOSTICS_KEPT) {
		stop(builder);
		return;
	}
	if (error->code == XML_ERR_NO_MEMORY) {
		stop_without_memory(builder);
		return;
	}
	snprintf(text, sizeof(text), "%s", error->message ? error->message : "malformed");
	text[strcspn(text, "\n")] = 0;
	if (error->level == XML_ERR_WARNING)
		reading_warning(builder->reading, place_at(builder, parser_offset(builder)), "",
				"%s", text);
	else
		reading_error(builder->reading, place_at(builder, parser_offset(builder)), "",
			      "XML: %s", text);
}

/* The parser would change over to another encoding, and offsets would not be the file's. */
static bool other_encoding(struct builder *builder)
{
	const xmlChar *encoding = builder->parser->encoding;

	if (!encoding && builder->parser->input)
		encoding = builder->parser->input->encoding;
	if (!encoding || xmlStrcasecmp(encoding, (const xmlChar *)"UTF-8") == 0 ||
	    xmlStrcasecmp(encoding, (const xmlChar *)"US-ASCII") == 0)
		return false;
	reading_error(builder->reading, (struct place){1, 1}, "encoding",
		      "\"%.40s\" is not read: save the file as UTF-8", (const char *)encoding);
	return true;
}

static void start_document(void *context)
{
	struct builder *builder = context;

	if (other_encoding(builder))
		stop(builder);
}

/* libxml2 compares each attribute of a tag with each other: that is not for thousands. */
static bool tags_are_short(struct reading *reading)
{
	size_t equals = 0;

	for (size_t i = 0; i < reading->bytes; i++) {
		if (reading->text[i] == '<')
			equals = 0;
		if (reading->text[i] == '=' && ++equals > TAG_EQUALS) {
			reading_error(reading, reading_place(reading, i), "",
				      "more than %d '=' behind one '<': this is no domain",
				      TAG_EQUALS);
			return false;
		}
	}
	return true;
}

struct xml_node *xml_tree_read(struct reading *reading)
{
	struct builder builder = {.reading = reading, .line = 1};
	bool whole;

	if (!tags_are_short(reading))
		return NULL;
	builder.parser = xmlNewParserCtxt();
	if (!builder.parser) {
		reading->out_of_memory = true;
		return NULL;
	}
	memset(builder.parser->sax, 0, sizeof(*builder.parser->sax));
	builder.parser->sax->initialized = XML_SAX2_MAGIC;
	builder.parser->sax->startDocument = start_document;
	builder.parser->sax->internalSubset = document_type;
	builder.parser->sax->startElementNs = start_element;
	builder.parser->sax->endElementNs = end_element;
	builder.parser->sax->characters = characters;
	builder.parser->sax->cdataBlock = characters;
	builder.parser->sax->serror = complain;
	builder.parser->userData = &builder;
	xmlFreeDoc(xmlCtxtReadMemory(builder.parser, reading->text, (int)reading->bytes, NULL, NULL,
				     XML_PARSE_NONET | XML_PARSE_BIG_LINES));
	whole = builder.parser->wellFormed && !builder.stopped && builder.root;
	xmlFreeParserCtxt(builder.parser);
	if (whole)
		return builder.root;
	xml_tree_free(builder.root);
	if (!reading->out_of_memory && !reading->diagnostics->errors)
		reading_error(reading, (struct place){1, 1}, "", "XML: there is no element");
	return NULL;
}

static void free_node(struct xml_node *node)
{
	for (struct xml_attribute *attribute = node->attributes; attribute;) {
		struct xml_attribute *next = attribute->next;

		free(attribute->name);
		free(attribute->value);
		free(attribute);
		attribute = next;
	}
	free(node->name);
	free(node->text);
	free(node);
}

void xml_tree_free(struct xml_node *root)
{
	struct xml_node *node = root;

	/* Leaves first: a child is taken off before it is freed. */
	while (node) {
		struct xml_node *parent = node->parent, *child = node->first;

		if (child) {
			node->first = child->next;
			node = child;
			continue;
		}
		free_node(node);
		node = parent;
	}
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
	for (const struct xml_node *child = node ? node->first : NULL; child; child = child->next)
		if (strcmp(child->name, name) == 0)
			return child;
	return NULL;
}

const struct xml_attribute *xml_attribute(const struct xml_node *node, const char *name)
{
	for (const struct xml_attribute *attribute = node ? node->attributes : NULL; attribute;
	     attribute = attribute->next)
		if (strcmp(attribute->name, name) == 0)
			return attribute;
	return NULL;
}

const char *xml_value(const struct xml_node *node, const char *attribute)
{
	const struct xml_attribute *found = xml_attribute(node, attribute);

	return found ? found->value : NULL;
}
