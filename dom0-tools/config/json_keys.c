/* SPDX-License-Identifier: MIT */
/* dom0-tools/config/json_keys.c - json_keys.h says what it is for. */
#include "dom0-tools/config/json_keys.h"

#include <stdint.h>
#include <string.h>

struct key {
	const char *begin;
	size_t length;
	uint32_t object;
};

/* The closing quote of a string that begins at `quote`. */
static const char *string_end(const char *quote)
{
	const char *at = quote + 1;

	while (*at && *at != '"')
		at += *at == '\\' && at[1] ? 2 : 1;
	return at;
}

static bool is_known(const struct key *keys, size_t count, const struct key *key)
{
	for (size_t i = count; i-- > 0;)
		if (keys[i].object == key->object && keys[i].length == key->length &&
		    memcmp(keys[i].begin, key->begin, key->length) == 0)
			return true;
	return false;
}

enum json_keys_result json_keys_check(const char *text, size_t *offset)
{
	uint32_t objects = 0, open[JSON_KEYS_DEPTH + 1] = {0};
	struct key keys[JSON_KEYS_MOST];
	size_t count = 0, depth = 0;

	for (const char *at = text; *at; at++) {
		struct key key = {at + 1, 0, open[depth]};
		const char *behind;

		if ((*at == '{' || *at == '[') && depth < JSON_KEYS_DEPTH)
			open[++depth] = ++objects;
		else if ((*at == '}' || *at == ']') && depth)
			depth--;
		if (*at != '"')
			continue;
		*offset = (size_t)(at - text);
		at = string_end(at);
		if (!*at)
			break;
		key.length = (size_t)(at - key.begin);
		behind = at + 1 + strspn(at + 1, " \t\r\n");
		if (*behind != ':')
			continue;
		if (memchr(key.begin, '\\', key.length))
			return JSON_KEYS_ESCAPED;
		if (is_known(keys, count, &key))
			return JSON_KEYS_TWICE;
		if (count == JSON_KEYS_MOST)
			return JSON_KEYS_TOO_MANY;
		keys[count++] = key;
	}
	return JSON_KEYS_FINE;
}
