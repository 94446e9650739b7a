/* SPDX-License-Identifier: MIT */
/*
 * xen-like/options.c - see options.h.
 */
#include "xen-like/options.h"
#include "xen-like/base/string.h"

#define WORD_MAX 128

struct options options;
static const char *command_line = "";

enum kind { TEXT, BOOLEAN, NUMBER, SIZE };

static const struct row {
	const char *name;
	enum kind kind;
	size_t at;
} rows[] = {
#define OPTION(kind, name, field, value, help) {name, kind, offsetof(struct options, field)},
#include "xen-like/options.def"
#undef OPTION
};

static const struct options defaults = {
#define OPTION(kind, name, field, value, help) .field = value,
#include "xen-like/options.def"
#undef OPTION
};

const char *options_command_line(void)
{
	return command_line;
}

static bool parse_number(const char *text, uint64_t *value, const char **rest)
{
	const char *start = text;
	uint64_t base = 10, sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
		start = text;
	}
	for (;; text++) {
		uint64_t digit;

		if (*text >= '0' && *text <= '9')
			digit = (uint64_t)(*text - '0');
		else if (base == 16 && (*text | 32) >= 'a' && (*text | 32) <= 'f')
			digit = (uint64_t)((*text | 32) - 'a' + 10);
		else
			break;
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	*rest = text;
	return text != start;
}

bool options_parse_size(const char *text, uint64_t unit, uint64_t *bytes)
{
	static const char suffixes[] = "bkmgt";
	uint64_t value, factor = unit;
	const char *rest;

	if (!parse_number(text, &value, &rest))
		return false;
	if (*rest) {
		const char *suffix = strchr(suffixes, *rest | 32);

		if (!suffix || !*suffix || rest[1])
			return false;
		factor = 1ull << (10 * (suffix - suffixes));
	}
	return !__builtin_mul_overflow(value, factor, bytes);
}

static bool parse_boolean(const char *text, bool *value)
{
	static const char *const yes[] = {"", "1", "yes", "on", "true", "enable"};
	static const char *const no[] = {"0", "no", "off", "false", "disable"};

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++)
		if (!strcmp(text, yes[i]))
			return *value = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(no); i++) {
		if (!strcmp(text, no[i])) {
			*value = false;
			return true;
		}
	}
	return false;
}

/* A row's value from the text behind "=" ("" when there was none). */
static bool row_set(struct options *into, const struct row *row, const char *text)
{
	void *field = (char *)into + row->at;
	uint64_t number;
	const char *rest;

	switch (row->kind) {
	case TEXT:
		if (strlen(text) >= OPTION_TEXT_MAX)
			return false;
		memcpy(field, text, strlen(text) + 1);
		return true;
	case BOOLEAN:
		return parse_boolean(text, field);
	case NUMBER:
		if (!parse_number(text, &number, &rest) || *rest)
			return false;
		*(uint64_t *)field = number;
		return true;
	default:
		if (!options_parse_size(text, 1024, &number))
			return false;
		*(uint64_t *)field = number;
		return true;
	}
}

static const struct row *row_find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static const char *word_apply(struct options *into, char *word)
{
	char *equals = strchr(word, '=');
	const char *text = "", *why = NULL;
	const struct row *row;

	if (equals) {
		*equals = 0;
		text = equals + 1;
	}
	row = row_find(word);
	if (!row && !strncmp(word, "no-", 3) && !equals) {
		row = row_find(word + 3);
		text = "no";
		if (row && row->kind != BOOLEAN)
			row = NULL;
	}
	if (!row)
		why = "unknown option";
	else if (!row_set(into, row, text))
		why = "malformed value of option";
	if (equals)
		*equals = '=';
	return why;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

void options_parse(struct options *into, const char *line,
		   void (*complaint)(const char *why, const char *word))
{
	bool first = true;

	*into = defaults;
	command_line = line;
	while (*line) {
		char word[WORD_MAX];
		size_t length = 0;
		const char *start = line, *why;

		while (*line && !is_space(*line)) {
			if (length + 1 < sizeof(word))
				word[length++] = *line;
			line++;
		}
		word[length] = 0;
		if (first && strchr(word, '/')) {
			while (is_space(*line))
				line++;
			command_line = line;
		} else if (length > 0) {
			why = (size_t)(line - start) > length ? "too long option"
							      : word_apply(into, word);
			if (why)
				complaint(why, word);
		}
		first = false;
		while (is_space(*line))
			line++;
	}
}
