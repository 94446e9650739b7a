/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/image_words.h - what a qemu-storage-daemon is told of an image: the
 * values of --blockdev and --export.  Pure.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "dom0-tools/lib/nbd_address.h"

/* The file that the image becomes. */
#define IMAGE_EXPORT "/enso-image"
/*
 * A guest's requests wait so long for a server that has gone; then they fail.  A disk
 * whose process is killed meanwhile goes with them.
 */
#define IMAGE_RECONNECT_SECONDS 300

#define IMAGE_WORD		(2 * PATH_MAX + 256) /* each character may be a comma, which is doubled */

struct image_words {
	char file[IMAGE_WORD]; /* --blockdev, first; "": none */
	char node[IMAGE_WORD]; /* --blockdev                  */
	char export[IMAGE_WORD];
};

/* False: it is longer than any path or name may be. */
bool image_words_of_file(struct image_words *words, const char *path, bool is_block,
			 const char *format, bool read_only);
bool image_words_of_nbd(struct image_words *words, const struct nbd_address *nbd, bool read_only);
