/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/string.c - the freestanding side of string.h; the host's tests
 * use libc's.  Moves go by `rep`, which every CPU we run on makes fast, in words as
 * far as they go: what hardware does at one pace, an emulator does one step at a time.
 */
#include "xen-like/base/string.h"

#define WORD sizeof(uint64_t)

/* Where both overlap, `to` is below `from`.  Each byte is written once: others may look. */
static void copy_upwards(uint8_t *to, const uint8_t *from, size_t bytes)
{
	size_t words = bytes / WORD, rest = bytes % WORD;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	if (rest)
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	copy_upwards(to, from, bytes);
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	uint8_t *target = to;
	const uint8_t *source = from;

	if (target <= source || target >= source + bytes)
		copy_upwards(target, source, bytes);
	else
		while (bytes--)
			target[bytes] = source[bytes];
	return to;
}

void *memset(void *to, int value, size_t bytes)
{
	uint8_t *start = to;
	uint64_t pattern = (uint8_t)value * 0x0101010101010101ull;
	size_t words = bytes / WORD;

	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
	for (size_t i = bytes / WORD * WORD; i < bytes; i++)
		start[i] = (uint8_t)value;
	return start;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const uint8_t *left = a, *right = b;

	for (size_t i = 0; i < bytes; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

size_t strnlen(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length])
		length++;
	return length;
}

int strncmp(const char *a, const char *b, size_t limit)
{
	for (size_t i = 0; i < limit; i++) {
		if (a[i] != b[i])
			return (uint8_t)a[i] < (uint8_t)b[i] ? -1 : 1;
		if (!a[i])
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int wanted)
{
	for (; *text != (char)wanted; text++)
		if (!*text)
			return NULL;
	return (char *)(uintptr_t)text;
}
