/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/config_text.c - the part of config_file.h that is pure. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/config_file.h"

/* Whether a line gives this key a value. */
static bool line_has_key(const char *line, const char *key, size_t length)
{
	line += strspn(line, " \t");
	if (strncmp(line, key, length) != 0)
		return false;
	line += length;
	line += strspn(line, " \t");
	return *line == '=';
}

/* The end of the value whose line begins here: of a list, the line its bracket closes in. */
static const char *value_end(const char *line)
{
	const char *end = line + strcspn(line, "\n");
	const char *value = strchr(line, '=');
	char quote = 0;
	int depth = 0;

	value += 1 + strspn(value + 1, " \t");
	if (*value != '[')
		return end;
	for (const char *at = value; *at; at++) {
		if (quote)
			quote = *at == quote ? 0 : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '#')
			at += strcspn(at, "\n") - 1;
		else if (*at == '[')
			depth++;
		else if (*at == ']' && --depth == 0)
			return at + strcspn(at, "\n");
	}
	return end;
}

static bool needs_quotes(const char *value)
{
	if (*value == '"' || *value == '\'' || *value == '[')
		return false;
	return !*value || value[strspn(value, "0123456789")] != 0;
}

static void write_line(FILE *out, const char *word, size_t key)
{
	const char *value = word + key + 1;
	const char *quote = !needs_quotes(value) ? "" : strchr(value, '"') ? "'" : "\"";

	fprintf(out, "%.*s = %s%s%s", (int)key, word, quote, value, quote);
}

char *config_text_replace(const char *text, const char *word)
{
	size_t key = strcspn(word, "="), size;
	bool replaced = false;
	char *result = NULL;
	FILE *out;

	if (!word[key] || key == 0)
		return NULL;
	out = open_memstream(&result, &size);
	if (!out)
		return NULL;
	while (*text) {
		const char *end = text + strcspn(text, "\n"), *next = end;

		if (line_has_key(text, word, key)) {
			next = value_end(text);
			if (!replaced)
				write_line(out, word, key);
			/* A list of several lines leaves as many. */
			for (const char *at = end; at < next; at++)
				if (*at == '\n')
					fputc('\n', out);
			replaced = true;
		} else {
			fwrite(text, 1, (size_t)(end - text), out);
		}
		text = next;
		if (*text == '\n') {
			fputc('\n', out);
			text++;
		}
	}
	if (!replaced) {
		fputc('\n', out);
		write_line(out, word, key);
		fputc('\n', out);
	}
	if (fclose(out) == 0)
		return result;
	free(result);
	return NULL;
}
