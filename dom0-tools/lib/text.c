/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/text.c - text.h says what it is for. */
#include "dom0-tools/lib/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : text;
}

bool text_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	}
	if (value < least || value > most)
		return false;
	*number = value;
	return true;
}

char *text_write_bytes(char text[TEXT_BYTES_ROOM], uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	unsigned int unit = 0;
	uint64_t scale = 1;

	while (unit < 6 && bytes / scale >= 1024) {
		scale *= 1024;
		unit++;
	}
	if (bytes % scale == 0)
		snprintf(text, TEXT_BYTES_ROOM, "%llu %s", (unsigned long long)(bytes / scale),
			 units[unit]);
	else
		snprintf(text, TEXT_BYTES_ROOM, "%.1f %s", (double)bytes / (double)scale,
			 units[unit]);
	return text;
}

char *uuid_write(char text[UUID_TEXT], const uint8_t uuid[UUID_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	char *to = text;

	for (int i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = digits[uuid[i] >> 4];
		*to++ = digits[uuid[i] & 15];
	}
	*to = '\0';
	return text;
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

bool uuid_parse(const char *text, uint8_t uuid[UUID_BYTES])
{
	bool hyphens = strlen(text) == UUID_TEXT - 1;

	for (int i = 0; i < UUID_BYTES; i++) {
		int high, low;

		if (hyphens && (i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		high = digit_value(text[0]);
		low = high < 0 ? -1 : digit_value(text[1]);
		if (low < 0)
			return false;
		uuid[i] = high << 4 | low;
		text += 2;
	}
	return *text == '\0';
}

bool uuid_make_random(uint8_t uuid[UUID_BYTES])
{
	if (getrandom(uuid, UUID_BYTES, 0) != UUID_BYTES)
		return false;
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return true;
}
