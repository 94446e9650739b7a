/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/kernel_notes.h - between kernel_image.c, which finds a kernel's
 * note areas, and kernel_notes.c, which reads them.  Pure.
 */
#pragma once

#include "xen-like/base/kernel_image.h"

/* Part of a file: nothing outside it may be read. */
struct bytes {
	const uint8_t *start;
	size_t count;
};

/* `count` bytes from `offset`, or NULL when they are not all in the file. */
static inline const uint8_t *window(struct bytes file, uint64_t offset, uint64_t count)
{
	if (offset > file.count || count > file.count - offset)
		return NULL;
	return file.start + offset;
}

static inline uint64_t little_endian(const uint8_t *from, unsigned int count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | from[count];
	return value;
}

/* What the notes so far have said. */
struct note_reader {
	struct kernel_image *image;
	uint64_t paddr_offset;
};

/* Reads one area of notes into reader->image.  Notes of other owners are passed over. */
enum kernel_image_error MUST_CHECK kernel_notes_read(struct note_reader *reader,
						     struct bytes notes);
