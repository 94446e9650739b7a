/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/arguments.c - arguments.h says what it is for. */
#include "dom0-tools/enso/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is being read, and where a complaint goes. */
struct reader {
	struct arguments *arguments;
	int count, at;
	char *const *words;
	char *complaint;
	size_t complaint_size;
};

static int complain(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int complain(struct reader *reader, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(reader->complaint, reader->complaint_size, format, list);
	va_end(list);
	return -EINVAL;
}

bool argument_number(const char *text, uint64_t *number)
{
	uint64_t sum = 0;

	if (!*text || strlen(text) > 18)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		sum = sum * 10 + (unsigned int)(*text - '0');
	}
	*number = sum;
	return true;
}

bool argument_size(const char *text, char unit, uint64_t *kib)
{
	static const char units[] = "kmgt";
	char digits[20];
	size_t length = strspn(text, "0123456789");
	const char *found;
	uint64_t number;

	if (text[length]) {
		unit = (char)tolower((unsigned char)text[length]);
		if (text[length + 1])
			return false;
	}
	found = strchr(units, unit);
	if (!found || !*found || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = 0;
	if (!argument_number(digits, &number) || number > (UINT64_MAX >> 40))
		return false;
	*kib = number << (10 * (found - units));
	return true;
}

static bool is_numeric(const char *placeholder)
{
	return !strcmp(placeholder, "N") || !strcmp(placeholder, "SECONDS") ||
	       !strcmp(placeholder, "PERCENT");
}

static int keep_option(struct reader *reader, const struct option_row *row, const char *value)
{
	struct arguments *arguments = reader->arguments;
	uint64_t number;

	if (value && is_numeric(row->value) && !argument_number(value, &number))
		return complain(reader, "--%s takes a whole number, not '%s'", row->name, value);
	if (arguments->option_count == ARGUMENT_OPTIONS_MAX)
		return complain(reader, "too many options");
	arguments->options[arguments->option_count].row = row;
	arguments->options[arguments->option_count].value = value;
	arguments->option_count++;
	return 0;
}

/* The next word, as the value of an option that did not bring its own. */
static int keep_with_next(struct reader *reader, const struct option_row *row)
{
	if (reader->at == reader->count)
		return complain(reader, "--%s needs a value: %s", row->name, row->value);
	return keep_option(reader, row, reader->words[reader->at++]);
}

static int read_long(struct reader *reader, const char *text)
{
	size_t length = strcspn(text, "=");
	const struct command *command = reader->arguments->command;
	const struct option_row *row = command_option(command, text, length, 0), *nearest;

	if (!row) {
		nearest = command_option_nearest(command, text);
		return complain(reader, "there is no option --%.*s%s%s%s", (int)length, text,
				nearest ? " (did you mean --" : "", nearest ? nearest->name : "",
				nearest ? "?)" : "");
	}
	if (!row->value && text[length])
		return complain(reader, "--%s takes no value", row->name);
	if (!row->value)
		return keep_option(reader, row, NULL);
	if (text[length])
		return keep_option(reader, row, text + length + 1);
	return keep_with_next(reader, row);
}

static int read_letters(struct reader *reader, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_row *row =
			command_option(reader->arguments->command, NULL, 0, *letters);
		int result;

		if (!row)
			return complain(reader, "there is no option -%c", *letters);
		if (row->value)
			return letters[1] ? keep_option(reader, row, letters + 1)
					  : keep_with_next(reader, row);
		result = keep_option(reader, row, NULL);
		if (result)
			return result;
	}
	return 0;
}

void arguments_bounds(const char *notation, int *least, int *most)
{
	*least = 0;
	*most = 0;
	for (const char *word = notation; *word;) {
		size_t length = strcspn(word, " ");
		bool optional = word[0] == '[';
		bool repeated = strstr(word, "...") && strstr(word, "...") < word + length;

		if (!optional)
			(*least)++;
		if (repeated)
			*most = -1;
		else if (*most >= 0)
			(*most)++;
		word += length;
		word += strspn(word, " ");
	}
}

static int check_count(struct reader *reader)
{
	const struct command *command = reader->arguments->command;
	int least, most, count = reader->arguments->count;

	arguments_bounds(command->arguments, &least, &most);
	if (count < least)
		return complain(reader, "too few words: it takes %s", command->arguments);
	if (most == 0 && count > 0)
		return complain(reader, "it takes no words, but '%s' is given",
				reader->arguments->words[0]);
	if (most >= 0 && count > most)
		return complain(reader, "too many words, from '%s' on: it takes %s",
				reader->arguments->words[most], command->arguments);
	return 0;
}

/* One word, and the next if it is that one's value. */
static int read_word(struct reader *reader, bool *options_over)
{
	struct arguments *arguments = reader->arguments;
	const char *word = reader->words[reader->at++];

	if (*options_over || word[0] != '-' || !word[1]) {
		arguments->words[arguments->count++] = word;
		return 0;
	}
	if (!strcmp(word, "--")) {
		*options_over = true;
		return 0;
	}
	return word[1] == '-' ? read_long(reader, word + 2) : read_letters(reader, word + 1);
}

int arguments_parse(struct arguments *arguments, const struct command *command, int count,
		    char *const words[], char *complaint, size_t complaint_size)
{
	struct reader reader = {arguments, count, 0, words, complaint, complaint_size};
	bool options_over = false;
	int result = 0, first = 0;

	memset(arguments, 0, sizeof(*arguments));
	complaint[0] = 0;
	arguments->command = command;
	arguments->words = calloc((size_t)count + 1, sizeof(*arguments->words));
	if (!arguments->words)
		return -ENOMEM;
	while (reader.at < count && !first)
		first = read_word(&reader, &options_over);
	result = first ? first : check_count(&reader);
	return arguments_has(arguments, "help") ? 0 : result;
}

void arguments_free(struct arguments *arguments)
{
	free(arguments->words);
	memset(arguments, 0, sizeof(*arguments));
}

static int find_option(const struct arguments *arguments, const char *option)
{
	for (int i = arguments->option_count - 1; i >= 0; i--)
		if (!strcmp(arguments->options[i].row->name, option))
			return i;
	return -1;
}

const char *arguments_value(const struct arguments *arguments, const char *option)
{
	int found = find_option(arguments, option);

	return found < 0 ? NULL : arguments->options[found].value;
}

bool arguments_has(const struct arguments *arguments, const char *option)
{
	return find_option(arguments, option) >= 0;
}

uint64_t arguments_number(const struct arguments *arguments, const char *option, uint64_t otherwise)
{
	const char *value = arguments_value(arguments, option);
	uint64_t number;

	return value && argument_number(value, &number) ? number : otherwise;
}
