/* SPDX-License-Identifier: MIT */
/* dom0-tools/enso/store_bytes.c - store_bytes.h says what it is for. */
#include "dom0-tools/enso/store_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/enso/arguments.h"

char *store_bytes_show(const char *bytes, size_t count)
{
	char *text = malloc(count * 4 + 1), *to = text;

	for (size_t i = 0; text && i < count; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte >= ' ' && byte < 0x7f && byte != '\\')
			*to++ = (char)byte;
		else
			to += sprintf(to, "\\x%02x", byte);
	}
	if (text)
		*to = 0;
	return text;
}

static int hex_digit(char letter)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = letter ? strchr(digits, letter) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

bool store_bytes_read(char *text, size_t *count)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int high, low;

		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		if (from[1] != 'x')
			return false;
		high = hex_digit(from[2]);
		low = high < 0 ? -1 : hex_digit(from[3]);
		if (low < 0)
			return false;
		*to++ = (char)(high << 4 | low);
		from += 3;
	}
	*to = 0;
	*count = (size_t)(to - text);
	return true;
}

void store_permission_show(const struct store_permission *permission, char text[16])
{
	static const char letters[] = "nrwb";

	snprintf(text, 16, "%c%u", letters[permission->read | permission->write << 1],
		 permission->domid);
}

bool store_permission_read(const char *text, struct store_permission *permission)
{
	uint64_t domid;

	if (!*text || !strchr("nrwb", *text) || !argument_number(text + 1, &domid) ||
	    domid >= DOMID_FIRST_RESERVED)
		return false;
	permission->domid = (uint32_t)domid;
	permission->read = *text == 'r' || *text == 'b';
	permission->write = *text == 'w' || *text == 'b';
	return true;
}
