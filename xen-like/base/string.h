/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/string.h - the few C library functions Enso needs.  On the
 * host these names are libc's own.
 */
#pragma once

#include "xen-like/base/abi.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int wanted);
