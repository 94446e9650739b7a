/* SPDX-License-Identifier: MIT */
/*
 * xen-like/options.c - see options.h.
 */
#include "xen-like/options.h"
#include "xen-like/base/string.h"

#define WORD_MAX 128

struct options options;
static const char *command_line = "";

enum kind { TEXT, BOOLEAN, NUMBER, SIZE, CONSOLE, LINE, LEVEL, SCHED };

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
	uint64_t value, product, factor = unit;
	const char *rest;

	if (!parse_number(text, &value, &rest))
		return false;
	if (*rest) {
		const char *suffix = strchr(suffixes, *rest | 32);

		if (!suffix || !*suffix || rest[1])
			return false;
		factor = 1ull << (10 * (suffix - suffixes));
	}
	if (__builtin_mul_overflow(value, factor, &product))
		return false;
	*bytes = product;
	return true;
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

/* Whether `text` up to its end or a `stop` is `name`; then *rest is what follows. */
static bool word_is(const char *text, const char *name, char stop, const char **rest)
{
	size_t length = strlen(name);

	if (strncmp(text, name, length) || (text[length] && text[length] != stop))
		return false;
	*rest = text + length;
	return true;
}

static bool parse_consoles(const char *text, uint32_t *consoles)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} known[] = {
		{"com1", CONSOLE_COM1}, {"com2", CONSOLE_COM2}, {"vga", CONSOLE_VGA}, {"none", 0}};
	uint32_t set = 0;

	for (;;) {
		const char *rest = NULL;

		for (unsigned int i = 0; i < ARRAY_SIZE(known) && !rest; i++)
			if (word_is(text, known[i].name, ',', &rest))
				set |= known[i].bit;
		if (!rest)
			return false;
		if (!*rest)
			break;
		text = rest + 1;
	}
	*consoles = set;
	return true;
}

/* "8n1" as bits of the line control register.  PC16550D data sheet, 8.1. */
static bool parse_format(const char **text, uint8_t *format)
{
	static const struct {
		char letter;
		uint8_t bits;
	} parities[] = {{'n', 0x00}, {'o', 0x08}, {'e', 0x18}, {'m', 0x28}, {'s', 0x38}};
	const char *at = *text;

	if (at[0] < '5' || at[0] > '8')
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(parities); i++) {
		if (at[1] != parities[i].letter || (at[2] != '1' && at[2] != '2'))
			continue;
		*format = (uint8_t)((at[0] - '5') | parities[i].bits | (at[2] == '2' ? 4 : 0));
		*text = at + 3;
		return true;
	}
	return false;
}

/* A number not above `limit`, in one field of a line's text. */
static bool parse_field(const char **text, uint64_t limit, uint64_t *value)
{
	return parse_number(*text, value, text) && *value <= limit;
}

/* Past the comma before another field; false at the end or when that one is left out. */
static bool next_field(const char **text)
{
	if (**text == ',')
		(*text)++;
	return **text && **text != ',';
}

static bool parse_line(const char *text, struct serial_setup *setup)
{
	struct serial_setup line = *setup;
	uint64_t number;

	line.baud = 0;
	line.format = SERIAL_8N1;
	if (word_is(text, "auto", ',', &text) || !*text || *text == ',')
		;
	else if (parse_field(&text, 115200, &number) && number > 0 && 115200 % number == 0)
		line.baud = (uint32_t)number;
	else
		return false;
	if (next_field(&text) && !parse_format(&text, &line.format))
		return false;
	if (next_field(&text)) {
		if (!parse_field(&text, 0xfff8, &number) || number == 0)
			return false;
		line.port = (uint16_t)number;
	}
	if (next_field(&text)) {
		if (!parse_field(&text, 255, &number))
			return false;
		line.irq = (uint8_t)number;
	}
	if (*text)
		return false;
	*setup = line;
	return true;
}

/* One level, or Xen's LOWER/UPPER, of which the lower counts. */
static bool parse_level(const char *text, int *level)
{
	static const struct {
		const char *name;
		int level;
	} known[] = {{"none", LOG_NOTHING}, {"error", LOG_ERROR}, {"warning", LOG_WARNING},
		     {"info", LOG_INFO},    {"debug", LOG_DEBUG}, {"all", LOG_DEBUG}};
	const char *rest = NULL;
	int lower = LOG_INFO, upper;

	for (unsigned int i = 0; i < ARRAY_SIZE(known) && !rest; i++)
		if (word_is(text, known[i].name, '/', &rest))
			lower = known[i].level;
	if (!rest)
		return false;
	if (*rest && (strchr(rest + 1, '/') || !parse_level(rest + 1, &upper)))
		return false;
	*level = lower;
	return true;
}

static bool parse_scheduler(const char *text, uint32_t *scheduler)
{
	static const char *const names[] = {"fair", "credit", "credit2"};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]))
			continue;
		*scheduler = SCHED_FAIR;
		return true;
	}
	return false;
}

static bool parse_text(const char *text, char *field)
{
	if (strlen(text) >= OPTION_TEXT_MAX)
		return false;
	memcpy(field, text, strlen(text) + 1);
	return true;
}

static bool parse_plain_number(const char *text, uint64_t *value)
{
	uint64_t number;
	const char *rest;

	if (!parse_number(text, &number, &rest) || *rest)
		return false;
	*value = number;
	return true;
}

/* A row's value from the text behind "=" ("" when there was none); false changes nothing. */
static bool row_set(struct options *into, const struct row *row, const char *text)
{
	void *field = (char *)into + row->at;

	switch (row->kind) {
	case TEXT:
		return parse_text(text, field);
	case BOOLEAN:
		return parse_boolean(text, field);
	case NUMBER:
		return parse_plain_number(text, field);
	case CONSOLE:
		return parse_consoles(text, field);
	case LINE:
		return parse_line(text, field);
	case LEVEL:
		return parse_level(text, field);
	case SCHED:
		return parse_scheduler(text, field);
	default:
		return options_parse_size(text, 1024, field);
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
		if (first && strchr(word, '/') && !strchr(word, '=')) {
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
