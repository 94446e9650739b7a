/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/text.h - small things done with strings everywhere, and uuids
 * in their usual spelling.  Pure but for uuid_make_random.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* printf into new memory, the caller's to free; NULL when there is none. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All of `text` is a decimal number within the limits. */
bool text_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* "512 KiB", "1.5 GiB". */
#define TEXT_BYTES_ROOM 24
char *text_write_bytes(char text[TEXT_BYTES_ROOM], uint64_t bytes);

#define UUID_BYTES 16
#define UUID_TEXT  37 /* 8-4-4-4-12 hexadecimal digits and the NUL */

char *uuid_write(char text[UUID_TEXT], const uint8_t uuid[UUID_BYTES]);

/* False unless all of `text` is a uuid, with or without hyphens in their places. */
bool uuid_parse(const char *text, uint8_t uuid[UUID_BYTES]);

/* A fresh one, version 4.  False when the kernel has no randomness. */
bool uuid_make_random(uint8_t uuid[UUID_BYTES]);
