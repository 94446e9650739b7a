/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/xlcfg_parse.c - xlcfg_parse.h says what it is for. */
#include "dom0-tools/config/xlcfg_parse.h"

#include <stdlib.h>
#include <string.h>

#define ADDED_MAX 65536 /* bytes of a string that can be added to: no key takes more */

struct parser {
	struct reading *reading;
	const char *at, *end, *line_begin;
	unsigned int line, depth, values;
	bool failed; /* this assignment */
	bool whole;
};

static struct place here(const struct parser *parser)
{
	return (struct place){parser->line, (unsigned int)(parser->at - parser->line_begin) + 1};
}

static void __attribute__((format(printf, 3, 4)))
fail(struct parser *parser, struct place place, const char *format, ...)
{
	char text[DIAGNOSTIC_TEXT];
	va_list arguments;

	if (parser->failed)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	reading_error(parser->reading, place, "", "%s", text);
	parser->failed = true;
	parser->whole = false;
}

static int peek(const struct parser *parser)
{
	return parser->at < parser->end ? (unsigned char)*parser->at : 0;
}

static void step(struct parser *parser)
{
	if (*parser->at++ == '\n') {
		parser->line++;
		parser->line_begin = parser->at;
	}
}

/* Blanks, comments, lines that a backslash joins; newlines too when asked. */
static void skip_blanks(struct parser *parser, bool newlines)
{
	for (;;) {
		int c = peek(parser);

		if (c == '#') {
			while (peek(parser) && peek(parser) != '\n')
				step(parser);
		} else if (c == '\\' && parser->at + 1 < parser->end && parser->at[1] == '\n') {
			step(parser);
			step(parser);
		} else if (c == '\\' && parser->at + 2 < parser->end && parser->at[1] == '\r' &&
			   parser->at[2] == '\n') {
			step(parser);
			step(parser);
			step(parser);
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' ||
			   (newlines && c == '\n')) {
			step(parser);
		} else {
			return;
		}
	}
}

static bool is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static size_t word_length(const struct parser *parser)
{
	size_t length = 0;

	while (parser->at + length < parser->end && is_word((unsigned char)parser->at[length]))
		length++;
	return length;
}

static char *take(struct parser *parser, size_t length)
{
	char *text = strndup(parser->at, length);

	if (!text) {
		parser->reading->out_of_memory = true;
		parser->failed = true;
		parser->whole = false;
	}
	parser->at += length;
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands behind a backslash, as Python has it; what it does not know it keeps. */
static char *unescape(const char *in, const char *end, char *out)
{
	static const char letters[] = "abfnrtv\\'\"", meant[] = "\a\b\f\n\r\t\v\\'\"";
	const char *letter = strchr(letters, *in);

	if (letter && *in) {
		*out = meant[letter - letters];
		return (char *)in + 1;
	}
	if (*in == 'x' && end - in > 2 && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
		*out = (char)(hex_digit(in[1]) << 4 | hex_digit(in[2]));
		return (char *)in + 3;
	}
	*out = '\\';
	return (char *)in;
}

static void read_string(struct parser *parser, struct xl_value *value)
{
	struct place begin = here(parser);
	char quote = *parser->at, *text, *out;
	const char *in = parser->at + 1, *end = in;

	while (end < parser->end && *end != quote && *end != '\n')
		end += *end == '\\' && end + 1 < parser->end && end[1] != '\n' ? 2 : 1;
	if (end >= parser->end || *end != quote) {
		fail(parser, begin, "this string has no closing %c on its line", quote);
		return;
	}
	text = malloc((size_t)(end - in) + 1);
	if (!text) {
		parser->reading->out_of_memory = true;
		parser->failed = true;
		return;
	}
	out = text;
	while (in < end) {
		*out = *in++;
		if (*out == '\\') {
			in = unescape(in, end, out);
			value->escaped = true;
		}
		if (!*out)
			fail(parser, begin, "a string cannot have a NUL");
		out++;
	}
	*out = 0;
	value->kind = XL_STRING;
	value->text = text;
	parser->at = end + 1;
}

static void read_number(struct parser *parser, struct xl_value *value)
{
	size_t sign = *parser->at == '-' || *parser->at == '+', length;

	parser->at += sign;
	length = word_length(parser);
	parser->at -= sign;
	value->kind = XL_NUMBER;
	value->text = take(parser, length + sign);
	if (value->text && strspn(value->text + sign, "0123456789abcdefABCDEFxX") != length)
		fail(parser, value->place, "\"%.40s\" is no number", value->text);
}

static struct xl_value *read_value(struct parser *parser);

static void read_list(struct parser *parser, struct xl_value *value)
{
	struct xl_value **link = &value->first;

	value->kind = XL_LIST;
	if (++parser->depth > XL_DEPTH) {
		fail(parser, value->place, "lists stand in each other more than %d deep", XL_DEPTH);
		return;
	}
	step(parser);
	for (;;) {
		skip_blanks(parser, true);
		if (peek(parser) == ']')
			break;
		if (!peek(parser)) {
			fail(parser, value->place, "this list has no closing ']'");
			return;
		}
		*link = read_value(parser);
		if (parser->failed)
			return;
		link = &(*link)->next;
		skip_blanks(parser, true);
		if (peek(parser) == ',') {
			step(parser);
		} else if (peek(parser) && peek(parser) != ']') {
			fail(parser, here(parser), "a ',' or the list's ']' is missing here");
			return;
		}
	}
	step(parser);
	parser->depth--;
}

static void refuse_word(struct parser *parser)
{
	size_t length = word_length(parser);
	struct place place = here(parser);
	char *word;

	if (!length) {
		fail(parser, place,
		     peek(parser) && peek(parser) != '\n' && peek(parser) != ';'
			     ? "a value is a \"string\", a number or a [list]"
			     : "a value is missing");
		return;
	}
	word = take(parser, length);
	if (word && (strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0))
		fail(parser, place, "%s is written as %d here", word, (word[0] | 0x20) == 't');
	else if (word)
		fail(parser, place, "\"%.40s\" needs quotes, if it is meant as a string", word);
	free(word);
}

/* What was read of it also when the parser has failed; NULL only without memory. */
static struct xl_value *read_value(struct parser *parser)
{
	struct xl_value *value = calloc(1, sizeof(*value));
	int c = peek(parser);

	if (!value) {
		parser->reading->out_of_memory = true;
		parser->failed = true;
		return NULL;
	}
	value->place = here(parser);
	if (++parser->values > XL_VALUES)
		fail(parser, value->place, "more than %d values: this is no guest", XL_VALUES);
	else if (c == '"' || c == '\'')
		read_string(parser, value);
	else if ((c >= '0' && c <= '9') || c == '-' || c == '+')
		read_number(parser, value);
	else if (c == '[')
		read_list(parser, value);
	else
		refuse_word(parser);
	return value;
}

static void free_value(struct xl_value *value)
{
	/* No deeper than XL_DEPTH: the parser saw to it. */
	while (value) {
		struct xl_value *next = value->next;

		free_value(value->first);
		free(value->text);
		free(value);
		value = next;
	}
}

static void free_assignment(struct xl_assignment *assignment)
{
	free_value(assignment->value);
	free(assignment->key);
	free(assignment);
}

void xl_free(struct xl_assignment *first)
{
	while (first) {
		struct xl_assignment *next = first->next;

		free_assignment(first);
		first = next;
	}
}

/* KEY = VALUE, or KEY += VALUE, as *adds then says. */
static void read_assignment(struct parser *parser, struct xl_assignment *assignment, bool *adds)
{
	size_t length = word_length(parser);

	assignment->place = here(parser);
	if (!length || (*parser->at >= '0' && *parser->at <= '9')) {
		fail(parser, assignment->place, "a line is KEY = VALUE");
		return;
	}
	assignment->key = take(parser, length);
	skip_blanks(parser, false);
	*adds = peek(parser) == '+' && parser->at + 1 < parser->end && parser->at[1] == '=';
	if (*adds)
		step(parser);
	if (peek(parser) != '=') {
		fail(parser, here(parser),
		     "a '=' is missing behind \"%.40s\": a line is KEY = VALUE",
		     assignment->key ? assignment->key : "");
		return;
	}
	step(parser);
	skip_blanks(parser, false);
	assignment->value = read_value(parser);
	skip_blanks(parser, false);
	if (!parser->failed && peek(parser) && peek(parser) != '\n' && peek(parser) != ';')
		fail(parser, here(parser), "the line should end here: values are not computed");
}

/* Strings are joined, lists chained; `more` is left without what was taken. */
static bool add_value(struct parser *parser, struct xl_value *value, struct xl_value *more)
{
	struct xl_value **link = &value->first;
	char *joined;

	if (value->kind != more->kind || value->kind == XL_NUMBER ||
	    (value->kind == XL_STRING && strlen(value->text) > ADDED_MAX))
		return false;
	if (value->kind == XL_LIST) {
		while (*link)
			link = &(*link)->next;
		*link = more->first;
		more->first = NULL;
	} else if (asprintf(&joined, "%s%s", value->text, more->text) < 0) {
		parser->reading->out_of_memory = true;
	} else {
		free(value->text);
		value->text = joined;
		value->escaped = true;
	}
	return true;
}

/* xl has no manual for it, but takes it: what is added to must have been given. */
static void add_to_earlier(struct parser *parser, struct xl_assignment *first,
			   struct xl_assignment *assignment)
{
	struct xl_assignment *last = NULL;

	for (; first; first = first->next)
		if (strcmp(first->key, assignment->key) == 0)
			last = first;
	if (!last || !add_value(parser, last->value, assignment->value))
		fail(parser, assignment->place,
		     "\"+=\" adds to a string or a list that \"%.40s\" was given before",
		     assignment->key);
}

static void skip_line(struct parser *parser)
{
	while (parser->at < parser->end && *parser->at != '\n')
		parser->at++;
}

struct xl_assignment *xl_parse(struct reading *reading, bool *whole)
{
	struct parser parser = {
		.reading = reading,
		.at = reading->text,
		.end = reading->text + reading->bytes,
		.line_begin = reading->text,
		.line = 1,
		.whole = true,
	};
	struct xl_assignment *first = NULL, **link = &first;

	if (reading->bytes >= 3 && memcmp(reading->text, "\xef\xbb\xbf", 3) == 0)
		parser.at += 3;
	for (;;) {
		struct xl_assignment *assignment;
		bool adds = false;

		skip_blanks(&parser, true);
		if (peek(&parser) == ';') {
			step(&parser);
			continue;
		}
		if (parser.at >= parser.end || reading->out_of_memory ||
		    reading->diagnostics->errors > DIAGNOSTICS_KEPT)
			break;
		assignment = calloc(1, sizeof(*assignment));
		if (!assignment) {
			reading->out_of_memory = true;
			break;
		}
		parser.failed = false;
		parser.depth = 0;
		read_assignment(&parser, assignment, &adds);
		if (parser.failed)
			skip_line(&parser);
		else if (adds)
			add_to_earlier(&parser, first, assignment);
		if (parser.failed || adds) {
			free_assignment(assignment);
			continue;
		}
		*link = assignment;
		link = &assignment->next;
	}
	*whole = parser.whole;
	return first;
}

struct place xl_place_in(const struct xl_value *value, size_t offset)
{
	struct place place = value->place;

	if (value->kind == XL_STRING && !value->escaped)
		place.column += 1 + (unsigned int)offset;
	return place;
}
