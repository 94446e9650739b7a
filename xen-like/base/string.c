/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/string.c - the freestanding side of string.h; the host's tests
 * use libc's.  Moves go by `rep`, which every CPU we run on makes fast.
 */
#include "xen-like/base/string.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	void *start = to;

	if (bytes % 8 == 0) {
		bytes /= 8;
		__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
	} else {
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
	}
	return start;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	uint8_t *target = to;
	const uint8_t *source = from;

	if (target <= source || target >= source + bytes)
		return memcpy(to, from, bytes);
	while (bytes--)
		target[bytes] = source[bytes];
	return to;
}

void *memset(void *to, int value, size_t bytes)
{
	void *start = to;
	uint64_t pattern = (uint8_t)value * 0x0101010101010101ull;

	if (bytes % 8 == 0) {
		bytes /= 8;
		__asm__ volatile("rep stosq" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
	} else {
		__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
	}
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
