/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/wire.c - wire.h says what it is for. */
#include <errno.h>

#include "dom0-tools/stored/wire.h"

#include <stdio.h>
#include <string.h>

size_t wire_strings(const char *payload, size_t length, struct text *strings, size_t most,
		    struct text *rest)
{
	const char *at = payload, *end = payload + length;
	size_t count = 0;

	while (count < most && at < end) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));

		if (!stop)
			break;
		strings[count++] = (struct text){at, (size_t)(stop - at)};
		at = stop + 1;
	}
	*rest = (struct text){at, (size_t)(end - at)};
	return count;
}

bool wire_exactly(const char *payload, size_t length, struct text *strings, size_t count)
{
	struct text rest;

	return wire_strings(payload, length, strings, count, &rest) == count && rest.length == 0;
}

static bool path_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '/' || c == '_' || c == '@';
}

/* Only the characters of the protocol, no empty name, no '/' at the end. */
static bool path_valid(struct text text)
{
	if (!text.length)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (!path_character(text.bytes[i]))
			return false;
		if (text.bytes[i] == '/' && i + 1 < text.length && text.bytes[i + 1] == '/')
			return false;
	}
	return text.length == 1 || text.bytes[text.length - 1] != '/';
}

int wire_path_read(struct wire_path *path, struct text text, uint16_t domid, size_t most,
		   bool special)
{
	if (!path_valid(text) || text.length > XENSTORE_ABS_PATH_MAX)
		return -EINVAL;
	path->relative = 0;
	if (text.bytes[0] == '@') {
		if (!special || text.length > most || memchr(text.bytes, '/', text.length))
			return -EINVAL;
	} else if (text.bytes[0] != '/') {
		if (text.length > XENSTORE_REL_PATH_MAX)
			return -EINVAL;
		path->relative = (size_t)snprintf(path->text, sizeof(path->text),
						  "/local/domain/%u/", domid);
	}
	if (text.length > most)
		return -EINVAL;
	memcpy(path->text + path->relative, text.bytes, text.length);
	path->length = path->relative + text.length;
	path->text[path->length] = '\0';
	return 0;
}

size_t wire_parent(const char *path, size_t length)
{
	while (length > 1 && path[length - 1] != '/')
		length--;
	return length > 1 ? length - 1 : 1;
}

int wire_number(struct text text, uint64_t most, uint64_t *number)
{
	uint64_t value = 0;

	if (!text.length)
		return -EINVAL;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.bytes[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(c - '0'), &value) || value > most)
			return -EINVAL;
	}
	*number = value;
	return 0;
}

static const char access_letters[] = {'n', 'r', 'w', 'b'};

int wire_perms_read(struct text strings, struct store_perm *entries)
{
	const char *at = strings.bytes, *end = at + strings.length;
	int count = 0;

	while (at < end) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));
		const char *letter = memchr(access_letters, *at, sizeof(access_letters));
		uint64_t domid;

		if (!stop || !letter || count == WIRE_PERMS_MAX ||
		    wire_number((struct text){at + 1, (size_t)(stop - at) - 1}, 0x7fffu, &domid))
			return -EINVAL;
		entries[count++] = (struct store_perm){
			.domid = (uint16_t)domid,
			.access = (uint16_t)(letter - access_letters),
		};
		at = stop + 1;
	}
	return count ? count : -EINVAL;
}

int wire_perms_write(const struct perm_list *perms, char *bytes, size_t room)
{
	size_t length = 0;

	for (uint32_t i = 0; i < perms->count; i++) {
		const struct store_perm *entry = &perms->entry[i];
		int more = snprintf(bytes + length, room - length, "%c%u",
				    access_letters[entry->access & 3], entry->domid);

		length += (size_t)more + 1;
		if (length > room)
			return -E2BIG;
	}
	return (int)length;
}

const char *wire_error_name(int error)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
		if (xsd_errors[i].errnum == error)
			return xsd_errors[i].errstring;
	}
	return "EINVAL";
}
